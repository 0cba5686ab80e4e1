"""The collector works as before once nobody builds any more, whatever happened inside."""

import gc
import threading

import pytest

from backend.kernel.garbage import SELDOM, seldom_collected


def test_within_others_and_after_an_error_it_is_as_before_at_the_end() -> None:
    usual = gc.get_threshold()
    assert usual != SELDOM
    with seldom_collected():
        with pytest.raises(ZeroDivisionError), seldom_collected():
            _ = 1 // 0
        assert gc.get_threshold() == SELDOM, "somebody is still inside"
    assert gc.get_threshold() == usual
    assert gc.isenabled()


def test_of_two_threads_the_last_one_out_sets_it_back() -> None:
    usual = gc.get_threshold()
    inside, leave = threading.Event(), threading.Event()

    @seldom_collected()
    def stay() -> None:
        inside.set()
        leave.wait(10)

    other = threading.Thread(target=stay)
    with seldom_collected():
        other.start()
        assert inside.wait(10)
    assert gc.get_threshold() == SELDOM
    leave.set()
    other.join()
    assert gc.get_threshold() == usual
