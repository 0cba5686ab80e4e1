"""Takes a file of consents that people signed on paper."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from backend.banking.errors import Faulty, customers_moved
from backend.banking.importing import Import, portions
from backend.banking.queries import STAGED_PAPERS, merged_among
from backend.banking.rules import Value
from backend.customers import api as customers
from backend.policy import api as policy


class PapersImport(Import):
    """Rows name a person; what is laid down are consents, which are only ever added."""

    async def _prepare(self) -> None:
        self._guardian_years = int(await policy.figure(self.uow, "consent_guardian_years"))

    def _named(self, given: Mapping[str, str]) -> customers.Asked:
        number = person_id = None
        if "id_number" in given:
            number = customers.number_index(self.uow, given["id_number"])
            if number is None:
                raise Faulty("id_number", "id_number")
        if "person_id" in given:
            try:
                person_id = UUID(given["person_id"])
            except ValueError:
                raise Faulty("person_id", "person_id") from None
        if number is None and person_id is None:
            raise Faulty("who_signed")
        return customers.Asked(number, person_id)

    async def _find(self, named: Collection[customers.Asked]) -> Mapping[customers.Asked, Any]:
        single = {one for both in named for one in _apart(both)}
        known = await customers.signers(self.uow, single)
        found: dict[customers.Asked, Any] = {}
        for one in named:
            whom = [known.get(part) for part in _apart(one)]
            if any(each is None for each in whom):
                found[one] = customers.Unknown("unknown_person" if one.number is not None else "unknown_id")
            elif len({each.person_id for each in whom if each is not None}) > 1:
                found[one] = customers.Unknown("two_people")
            else:
                found[one] = whom[0]
        return found

    def _laid(self, named: Any, whose: Any, values: dict[str, Value], as_of: date) -> dict[str, Any]:
        purpose = customers.purpose_of(str(values["purpose"]))
        if purpose is None:
            raise Faulty("purpose", "purpose")
        number = values["text_number"]
        assert isinstance(number, int)
        if code := customers.paper_wrong(whose, purpose, number, as_of, self._guardian_years):
            raise Faulty(code)
        signer = customers.signed_by(whose, as_of, self._guardian_years)
        return {
            "person_id": whose.person_id,
            "purpose": purpose,
            "text_number": number,
            "signed_by": signer,
            "place": values["place"],
        }

    async def _lay_down(self) -> int:
        """Papers, batch, audit entry, events, partitions. Returns how many customers' figures may differ."""
        uow, counts = self.uow, self.counts
        rows = (await uow.session.execute(STAGED_PAPERS)).all()
        papers = [customers.Paper(*row) for row in rows]
        laid = await customers.keep_papers(uow, papers)
        counts.added, counts.changed, counts.unchanged = laid.added, laid.moved, laid.known
        if not counts.add_up():
            raise RuntimeError(f"an import lost rows: {counts}")
        for some in portions(laid.customers):
            if await merged_among(uow, some):
                raise customers_moved()
        await self._told(laid.customers)
        return len(laid.customers)


def _apart(one: customers.Asked) -> list[customers.Asked]:
    """The number and the id each by itself: both must mean the same person."""
    by_number = [customers.Asked(one.number, None)] if one.number is not None else []
    return by_number + ([customers.Asked(None, one.person_id)] if one.person_id is not None else [])
