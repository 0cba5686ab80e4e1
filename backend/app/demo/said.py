"""What people of a household consented to, and what only the bank may know of them. All made up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from backend.app.demo.families import HOME, STUDYING, Member
from backend.app.demo.rows import ConsentRow, PrivateRow
from backend.app.demo.seeded import Stream
from backend.app.demo.site import Recorded
from backend.app.demo.world import World

#: of the heads whose file has come so far, how many have signed that it may be used for credit
_CREDIT = {"full": 0.94, "people": 0.55, "register": 0.0}
_WHEREABOUTS = {"full": 0.9, "people": 0.6, "register": 0.0}
#: so many signed, when they opened one, that their accounts may be looked at
_ACCOUNTS = {"full": 0.97, "people": 0.95, "register": 0.9}
#: who has accounts, in a household
HOLDERS = frozenset({"head", "spouse"})
#: how many adults want to hear of products, of those who have accounts
_OFFERS = {"full": 0.4, "people": 0.15, "register": 0.0}
_HEALTH = {"full": 0.35, "people": 0.0, "register": 0.0}
#: from which age on somebody signs in person, and is looked after by nobody
_SIGNS, _GROWN = 14, 18

_EMPLOYERS = ("县建筑公司", "镇茶厂", "县纺织厂", "个体老板", "县人民医院", "镇中心小学")
_CITIES = ("武汉", "深圳", "东莞", "杭州", "广州", "长沙")


@dataclass(frozen=True, slots=True)
class Said:
    """Of one person: purposes consented to, and who looks after a minor."""

    consented: tuple[str, ...]
    guardian_id: UUID | None


class Interview:
    """Asks the people of one household; draws of its own, so that the rest of the county stays as it was."""

    def __init__(self, world: World, customer_id: UUID, file: str, recorded: Recorded) -> None:
        self._world, self._customer, self._file, self._recorded = world, customer_id, file, recorded
        self._stream = Stream(world.seed, world.today, "interview", customer_id)
        self._papers = Stream(world.seed, world.today, "papers", customer_id)

    def ask(self, person_id: UUID, one: Member, head_id: UUID) -> Said:
        """Adds the person's consents and sealed fields."""
        stream = self._stream
        agreed = [
            purpose
            for purpose, shares in (("credit", _CREDIT), ("health", _HEALTH), ("whereabouts", _WHEREABOUTS))
            if stream.chance(shares[self._file]) and (purpose != "credit" or one.age >= _GROWN)
        ]
        guardian = head_id if one.age < _GROWN and person_id != head_id else None
        signer = person_id if one.age >= _SIGNS or guardian is None else guardian
        for number, purpose in enumerate(agreed):
            at = self._recorded.at + timedelta(minutes=number)
            self._sign(stream, at, person_id, purpose, signer)
        if self._file == "full":
            self._tell(person_id, one, agreed)
        if one.relation in HOLDERS and self._papers.chance(_ACCOUNTS[self._file]):
            self._sign(self._papers, self._recorded.at, person_id, "accounts", signer)
            agreed.append("accounts")
        if one.relation in HOLDERS and self._papers.chance(_OFFERS[self._file]):
            self._sign(self._papers, self._recorded.at, person_id, "marketing", signer)
            agreed.append("marketing")
        return Said(tuple(sorted(agreed)), guardian)

    def _sign(self, stream: Stream, at: datetime, person_id: UUID, purpose: str, signer: UUID) -> None:
        self._world.batch.add(
            ConsentRow(
                stream.id_at(at),
                person_id,
                self._customer,
                purpose,
                True,
                1,
                signer,
                None,
                None,
                at,
                at,
                self._recorded.by,
            )
        )

    def _tell(self, person_id: UUID, one: Member, agreed: list[str]) -> None:
        stream = self._stream
        told: dict[str, object] = {}
        if one.age >= _GROWN:
            told["marriage"] = "married" if one.relation in ("head", "spouse") else "single"
            if one.relation == "parent":
                told["marriage"] = stream.pick({"married": 0.6, "widowed": 0.4})
        if one.works == "wages":
            told["employer"] = stream.choice(_EMPLOYERS)
        if "whereabouts" in agreed and one.whereabouts not in (HOME, None):
            told["work_place"] = "县城" if one.whereabouts == STUDYING else stream.choice(_CITIES)
        if "health" in agreed:
            old = one.age > 60
            told["health"] = stream.pick(
                {"good": 0.6, "chronic": 0.33, "ill": 0.03, "disabled": 0.04}
                if old
                else {"good": 0.94, "chronic": 0.04, "disabled": 0.02}
            )
        if told:
            self._world.batch.add(self._sealed(person_id, told))

    def _sealed(self, person_id: UUID, told: Mapping[str, object]) -> PrivateRow:
        return self._world.private_row(person_id, msgspec.json.encode(told).decode())
