"""The seal of a form: what it is bound to, and how it is opened. Nothing that was opened is ever written."""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from backend.evaluation.errors import bad_value
from backend.evaluation.models import EvaluationForm
from backend.evaluation.rules import FORM_BYTES, Answers, wrong_with
from backend.evaluation.schemas import Form
from backend.kernel.crypto import SealBroken, SealKey

UNREADABLE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
_decoder = msgspec.msgpack.Decoder(Form)


def context(session_id: UUID, reviewer_id: UUID, customer_id: UUID) -> str:
    """What a form is sealed with: it opens at no other place, so nobody can pass one off as another's."""
    return f"evaluation:{session_id}:{reviewer_id}:{customer_id}"


def opened(key: SealKey, sealed: bytes, what: str) -> Answers:
    """The answers of a form that comes in. Raises Problem `bad_value`, which says nothing of them."""
    try:
        plain = key.open(sealed, what)
        answers = _decoder.decode(plain).answers()
    except (SealBroken, *UNREADABLE) as error:
        raise bad_value("A form does not open, or is none.") from error
    if len(plain) != FORM_BYTES:
        raise bad_value(f"A form is {FORM_BYTES} bytes long, whatever it says.")
    if wrong := wrong_with(answers):
        raise bad_value(wrong)
    return answers


def all_opened(key: SealKey, forms: Iterable[EvaluationForm]) -> list[tuple[EvaluationForm, Answers]]:
    """Forms that were taken, with their answers."""
    return [
        (one, opened(key, one.sealed, context(one.session_id, one.reviewer_id, one.customer_id)))
        for one in forms
    ]
