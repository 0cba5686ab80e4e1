"""Identity for other domains: people, branches' heads, sessions and phones."""

from backend.identity.access import NonceStore, Signature, prove, resume, was_revoked
from backend.identity.contacts import contacts_around, note_contact
from backend.identity.errors import device_revoked, signed_out
from backend.identity.passwords import Passwords, hash_password
from backend.identity.queries import Resumed, StaffInfo, administrators, heads_of, staff_of
from backend.identity.rules import base64url
from backend.identity.schemas import NewStaff
from backend.identity.staffing import create_staff, create_unit, set_password

__all__ = [
    "NewStaff",
    "NonceStore",
    "Passwords",
    "Resumed",
    "Signature",
    "StaffInfo",
    "administrators",
    "base64url",
    "contacts_around",
    "create_staff",
    "create_unit",
    "device_revoked",
    "hash_password",
    "heads_of",
    "note_contact",
    "prove",
    "resume",
    "set_password",
    "signed_out",
    "staff_of",
    "was_revoked",
]
