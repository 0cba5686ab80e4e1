"""What every maker of rows needs to know."""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from backend.app.demo.names import Namer
from backend.app.demo.rows import Batch, ContactRow, IdentityRow, PrivateRow
from backend.app.demo.seeded import Calendar
from backend.customers.api import Standards
from backend.kernel.crypto import Keys


@dataclass(frozen=True, slots=True)
class World:
    """The county in the making. `standards`: by what files are judged, from policy."""

    seed: int
    calendar: Calendar
    namer: Namer
    keys: Keys
    standards: Standards
    batch: Batch = field(default_factory=Batch)

    @property
    def today(self) -> date:
        return self.calendar.today

    def phone_row(self, person_id: UUID, phone: str) -> ContactRow:
        """A phone, sealed the same way every time."""
        context = f"phone:{person_id}"
        return ContactRow(
            person_id,
            self.keys.seal_field(phone, context, _nonce(context, phone)),
            self.keys.blind_index(phone, "phone"),
        )

    def private_row(self, person_id: UUID, told: str) -> PrivateRow:
        """What only the bank may know, sealed the same way every time."""
        context = f"private:{person_id}"
        return PrivateRow(person_id, self.keys.seal_field(told, context, _nonce(context, told)))

    def holder_key(self, customer_id: UUID) -> bytes:
        """How imports know a customer again that a file names by our own id."""
        return self.keys.blind_index(str(customer_id), "holder_customer")

    def identity_row(
        self, person_id: UUID, number: str, valid_until: date | None, given_by: list[UUID]
    ) -> IdentityRow:
        """An ID number, sealed the same way every time."""
        context = f"id_number:{person_id}"
        return IdentityRow(
            person_id,
            self.keys.seal_field(number, context, _nonce(context, number)),
            self.keys.blind_index(number, "id_number"),
            valid_until,
            given_by,
        )


def _nonce(context: str, plain: str) -> bytes:
    """12 bytes that depend on place and content: the same nonce can only ever meet the same message again."""
    return hashlib.sha256(f"tiange demo nonce\0{context}\0{plain}".encode()).digest()[:12]
