"""Python's collector of cycles, kept from looking through everything again and again as trees are built."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: young objects are looked through now and then, old ones hardly ever: trees point to their parents, and what
#: was thrown away is still taken away as it goes
SELDOM = (100_000, 20, 1000)
_lock = threading.Lock()
_inside = 0
_usual: tuple[int, int, int] = gc.get_threshold()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """For a second of work that makes hundreds of thousands of objects which stay: by default a third of its
    time goes into looking through them. For the whole process, from any thread; as before once the last one
    leaves."""
    global _inside, _usual
    with _lock:
        if not _inside:
            _usual = gc.get_threshold()
            gc.set_threshold(*SELDOM)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                gc.set_threshold(*_usual)
