"""Identity for other domains: people, branches' heads, sessions and phones."""

from backend.identity.access import NonceStore, Signature, prove, resume
from backend.identity.contacts import (
    CONTACT,
    Waiting,
    contact_given,
    contacts_around,
    is_news,
    note_contact,
)
from backend.identity.errors import signed_out
from backend.identity.passwords import Passwords, hash_password
from backend.identity.queries import (
    Resumed,
    StaffInfo,
    administrators,
    branches,
    heads_of,
    labels_of,
    of_roles,
    phones,
    revoked_at,
    staff_of,
)
from backend.identity.rules import base64url
from backend.identity.schemas import NewStaff
from backend.identity.staffing import bring_in, create_staff, create_unit, set_password, staff_by_login
from backend.identity.throttling import count_code, count_look_up, count_wrong_code
from backend.identity.withdrawn import delivering, note_delivered

__all__ = [
    "CONTACT",
    "NewStaff",
    "NonceStore",
    "Passwords",
    "Resumed",
    "Signature",
    "StaffInfo",
    "Waiting",
    "administrators",
    "base64url",
    "branches",
    "bring_in",
    "contact_given",
    "contacts_around",
    "count_code",
    "count_look_up",
    "count_wrong_code",
    "create_staff",
    "create_unit",
    "delivering",
    "hash_password",
    "heads_of",
    "is_news",
    "labels_of",
    "note_contact",
    "note_delivered",
    "of_roles",
    "phones",
    "prove",
    "resume",
    "revoked_at",
    "set_password",
    "signed_out",
    "staff_by_login",
    "staff_of",
]
