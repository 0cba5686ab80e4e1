"""Results that moved raise opportunities and end them, each rise once.

What is told may be late or come twice; what holds now is asked of the profile, and of one customer one worker
at a time decides. A rise is known by the decision that found it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.customers import api as customers
from backend.kernel.ids import uuid7
from backend.kernel.uow import UnitOfWork
from backend.opportunities import queries
from backend.opportunities.events import Known, known
from backend.opportunities.models import Opportunity
from backend.opportunities.rules import LIMIT_RAISED, LIVING, UNTOUCHED, Kind, Stage, rests, risen
from backend.opportunities.service import move, note, settle
from backend.policy import api as policy
from backend.strategy import api as strategy


@dataclass(frozen=True, slots=True)
class Change:
    """A result that took the place of another. Limits in fen; `raised`, `ended`: names of events. `of_run`: a
    run over everybody found it, so that its people get of it a day's share."""

    customer_id: UUID
    decision_id: UUID
    limit_before: int | None
    limit_after: int
    raised: Collection[str] = ()
    ended: Collection[str] = ()
    of_run: bool = False

    @classmethod
    def told(cls, payload: Mapping[str, Any]) -> "Change":
        """From `strategy.profile_changed`."""
        return cls(
            UUID(payload["customer_id"]),
            UUID(payload["decision_id"]),
            payload["limit_before"],
            payload["limit_after"],
            payload.get("events_raised", ()),
            payload.get("events_ended", ()),
            payload.get("cause") in strategy.CAUSES_OF_RUNS,
        )


async def results_moved(uow: UnitOfWork, changes: Sequence[Change], *, tell: bool = True) -> None:
    """Raises what rose and ends what ceased to hold before anybody had begun; with `tell` false no head hears
    of it. Job only."""
    ids = sorted({one.customer_id for one in changes})
    await customers.lock_inputs(uow, ids)
    active = [one.id for one in await customers.visible(uow, ids) if one.status == "active"]
    profiles = await strategy.profiles(uow, active)
    changes = [one for one in changes if one.customer_id in profiles]
    if not changes:
        return
    raising = _Raising(
        uow,
        await known(uow),
        int(await policy.figure(uow, "opportunity_limit_rise_fen")),
        await queries.of_customers(uow, profiles),
        await queries.noted(uow, {one.decision_id for one in changes}),
    )
    for one in changes:
        raising.end(one, profiles[one.customer_id])
    # what ended makes way for the same event before it is raised again
    await uow.session.flush()
    for one in changes:
        raising.note(one, profiles[one.customer_id])
    of_runs = {one.customer_id for one in changes if one.of_run}
    for some, shares in ((raising.moved - of_runs, False), (raising.moved & of_runs, True)):
        if some:
            await settle(uow, sorted(some), tell=tell, shares=shares)


class _Raising:
    def __init__(
        self,
        uow: UnitOfWork,
        events: Known,
        least_fen: int,
        held: dict[UUID, list[Opportunity]],
        noted: set[tuple[UUID, str]],
    ) -> None:
        self.uow = uow
        self.events = events
        self.least_fen = least_fen
        self.held = held
        self.noted = noted
        self.moved: set[UUID] = set()

    def _living(self, customer_id: UUID, event: str) -> Opportunity | None:
        rows = self.held.get(customer_id, ())
        return next((one for one in rows if one.event == event and one.stage in LIVING), None)

    def end(self, change: Change, profile: Any) -> None:
        """What nobody has begun lapses with its event; a limit that rose less in the end says so."""
        holding = self.events.holding(profile.event_words)
        for row in self.held.get(change.customer_id, ()):
            if row.stage not in UNTOUCHED:
                continue
            if row.event == LIMIT_RAISED.name:
                if not risen(row.before_fen, profile.limit_fen, self.least_fen):
                    self._lapse(row)
                elif row.after_fen != profile.limit_fen:
                    row.after_fen = profile.limit_fen
                    self.moved.add(row.customer_id)
            elif row.event in change.ended and row.event not in holding:
                self._lapse(row)

    def _lapse(self, row: Opportunity) -> None:
        move(self.uow, row, "lapse", at=self.uow.now)
        self.moved.add(row.customer_id)

    def note(self, change: Change, profile: Any) -> None:
        """Notes what rose and holds still."""
        holding = self.events.holding(profile.event_words)
        for name in change.raised:
            kind = self.events.kinds.get(name)
            if kind is not None and name in holding and self._may(change, kind):
                self._raise(change, kind)
        if risen(change.limit_before, min(change.limit_after, profile.limit_fen), self.least_fen):
            self._limit_rose(change, profile.limit_fen)

    def _may(self, change: Change, kind: Kind) -> bool:
        """Whether a rise makes an opportunity: it was not noted before, none of its kind is there, and its
        kind does not rest."""
        if (change.decision_id, kind.name) in self.noted or self._living(change.customer_id, kind.name):
            return False
        days = [one.raised_on for one in self.held.get(change.customer_id, ()) if one.event == kind.name]
        return not rests(kind, days, self.uow.today)

    def _limit_rose(self, change: Change, now_fen: int) -> None:
        """A further rise while somebody is still to speak of the first is one thing to speak of."""
        if (change.decision_id, LIMIT_RAISED.name) in self.noted:
            return
        row = self._living(change.customer_id, LIMIT_RAISED.name)
        if row is None:
            self._raise(change, LIMIT_RAISED, before_fen=change.limit_before, after_fen=now_fen)
            return
        row.after_fen = now_fen
        row.valid_until = LIMIT_RAISED.valid_until(self.uow.today)
        self._noted(change, row, "renew", row.stage)

    def _raise(self, change: Change, kind: Kind, **amounts: int | None) -> None:
        uow = self.uow
        row = Opportunity(
            id=uuid7(),
            customer_id=change.customer_id,
            event=kind.name,
            dimension=kind.dimension,
            product=kind.product,
            priority=kind.priority,
            owner_role=kind.owner,
            agent_visible=kind.agent_visible,
            decision_id=change.decision_id,
            raised_on=uow.today,
            valid_until=kind.valid_until(uow.today),
            before_fen=amounts.get("before_fen"),
            after_fen=amounts.get("after_fen"),
            stage=Stage.raised.value,
            assignee_id=None,
            dealt_on=None,
            stepped_at=uow.now,
            stepped_by=None,
            outcome=None,
            reason=None,
        )
        uow.session.add(row)
        self.held.setdefault(change.customer_id, []).append(row)
        self._noted(change, row, "raise", None)

    def _noted(self, change: Change, row: Opportunity, step: str, before: str | None) -> None:
        note(self.uow, row, step, before, at=self.uow.now, decision_id=change.decision_id)
        self.noted.add((change.decision_id, row.event))
        self.moved.add(row.customer_id)


async def raise_standing(uow: UnitOfWork, ids: Iterable[UUID], pressing: int) -> None:
    """Raises what holds of these customers now as where it had just begun to, for a county that was loaded
    without being told of: of each the most urgent event, if its priority is `pressing` or before. Job only.
    """
    profiles = await strategy.profiles(uow, ids)
    events = await known(uow)

    def most_urgent(words: list[int]) -> list[str]:
        kinds = [events.kinds[name] for name in events.holding(words)]
        urgent = sorted((one.priority, one.name) for one in kinds if one.priority <= pressing)
        return [name for _, name in urgent[:1]]

    await results_moved(
        uow,
        [
            Change(one, row.decision_id, None, row.limit_fen, most_urgent(row.event_words))
            for one, row in profiles.items()
        ],
        tell=False,
    )
