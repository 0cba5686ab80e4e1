"""Who reaches what: every endpoint, asked by every role, about a household of theirs and about others' ones.

The expected answers stand in `MATRIX`. An endpoint without a row fails `test_every_endpoint_has_its_row`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from redis.asyncio import Redis
from sqlalchemy import text

from backend.grids import api as grids
from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from backend.sync.partitions import VERSION
from tests.access import (
    audience_probes,
    opportunity_probes,
    pair_probes,
    probes,
    review_probes,
    strategy_probes,
)
from tests.access.probes import Attempt, Probe, Subject, digest, page_with_customers, photo
from tests.support.bodies import new_household, visit
from tests.support.field_phone import PACKED, FieldPhone
from tests.support.village import OwnTurn
from tests.support.web import Phone, serving
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work

ROLES = ("manager", "agent", "deputy", "head", "lead", "business", "data", "risk", "auditor", "admin")
#: `own`: in a grid of the manager and the agent (for what concerns a person: their own phone). `reassigned`:
#: theirs until a colleague got the grid. `other_grid`: the colleague's own. All three in the heads' branch.
RELATIONS = ("own", "reassigned", "other_grid", "other_branch")

EVERYBODY = frozenset(ROLES)
NOBODY: frozenset[str] = frozenset()
BRANCH = frozenset({"manager", "deputy", "head"})
HEADS = frozenset({"deputy", "head"})
MANAGER = frozenset({"manager"})
FIELD = frozenset({"manager", "agent"})
DEPUTY = frozenset({"deputy"})
CHECKERS = frozenset({"business", "auditor"})
AUDITOR = frozenset({"auditor"})
OVERSEERS = frozenset({"lead", "auditor"})
STRATEGISTS = {
    strategy_probes.EDIT: frozenset({"business"}),
    strategy_probes.DECIDE: frozenset({"business", "risk"}),
    strategy_probes.READ: frozenset({"business", "risk", "lead", "auditor"}),
}

#: what concerns people of the branch: what the bank refused to them, and their phones
QUARANTINE = dict.fromkeys(("own", "reassigned", "other_grid"), HEADS | {"admin"}) | {
    "other_branch": frozenset({"admin"})
}

#: the manager's two, the deputy's, and one of the other branch
GROUPS = {"own": BRANCH, "reassigned": BRANCH, "other_grid": HEADS}

Row = tuple[Probe, dict[str, frozenset[str]]]


def _row(probe: Probe, **who: frozenset[str]) -> Row:
    """`signed_out`: whether somebody without a session reaches it."""
    return probe, {relation: who.get(relation, NOBODY) for relation in (*RELATIONS, "signed_out")}


def _own(probe: Probe) -> Row:
    return _row(probe, own=EVERYBODY)


def _public(path: str) -> Row:
    return _row(probes.public(path), **dict.fromkeys((*RELATIONS, "signed_out"), EVERYBODY))


async def _former_members(one: Attempt) -> bool:
    """Who left the household was listed (nobody did)."""
    answer = await one.ask("GET", f"/api/v1/customers/{one.subject.customer_id}/former-members")
    return answer.status_code == 200


async def _look_at(one: Attempt) -> bool:
    """The household was shown whole, for a purpose."""
    body = msgspec.msgpack.encode({"customer_id": one.subject.customer_id, "purpose": "a look"})
    answer = await one.phone.send("POST", "/api/v1/sync/customer", body, PACKED)
    assert answer.status_code in probes.REFUSED | {200}, answer.text
    return answer.status_code == 200


MATRIX: dict[str, Row] = {
    "GET /healthz": _public("/healthz"),
    "GET /readyz": _public("/readyz"),
    "GET /metrics": _public("/metrics"),
    "POST /api/v1/auth/login": _row(probes.login, own=EVERYBODY, signed_out=EVERYBODY),
    "GET /api/v1/auth/me": _own(probes.me),
    "POST /api/v1/auth/logout": _own(probes.logout),
    "POST /api/v1/devices": _own(probes.enrol),
    "GET /api/v1/devices": _own(probes.devices),
    "PUT /api/v1/devices/escrow": _own(probes.escrow),
    "PUT /api/v1/devices/unlock": _own(probes.unlock_ways),
    "POST /api/v1/devices/escrow/release": _own(probes.escrow_release),
    "POST /api/v1/devices/{installation_id}/revoke": _row(
        probes.revoke,
        own=EVERYBODY,
        **dict.fromkeys(("reassigned", "other_grid", "other_branch"), frozenset({"admin"})),
    ),
    "GET /api/v1/push/key": _own(probes.push_key),
    "POST /api/v1/push/subscriptions": _own(probes.subscribe),
    "DELETE /api/v1/push/subscriptions": _own(probes.unsubscribe),
    # whoever has a photo may bring it: it is attached by the visit that names it, and shown to nobody else
    "PUT /api/v1/files/{file_hash}": _row(probes.file_up, **dict.fromkeys(RELATIONS, EVERYBODY)),
    "GET /api/v1/files/{file_hash}/upload": _row(probes.file_stands, **dict.fromkeys(RELATIONS, EVERYBODY)),
    "PATCH /api/v1/files/{file_hash}/upload": _row(probes.file_part, **dict.fromkeys(RELATIONS, EVERYBODY)),
    # its author, the heads, and auditors; head office with a purpose
    "GET /api/v1/files/{file_hash}": _row(
        probes.file_down,
        own=BRANCH | AUDITOR,
        reassigned=BRANCH | AUDITOR,
        other_grid=HEADS | AUDITOR,
        other_branch=AUDITOR,
    ),
    "POST /api/v1/files/{file_hash}/look": _row(
        probes.file_look,
        own=BRANCH | CHECKERS | OVERSEERS,
        reassigned=BRANCH | CHECKERS | OVERSEERS,
        other_grid=HEADS | CHECKERS | OVERSEERS,
        other_branch=CHECKERS | OVERSEERS,
    ),
    # the branch's heads, whoever holds the grid; head office with a purpose
    "POST /api/v1/customers/look-up": _row(
        probes.look_up,
        **dict.fromkeys(("own", "reassigned", "other_grid"), HEADS | OVERSEERS),
        other_branch=OVERSEERS,
    ),
    # the branch's heads; head office with a purpose
    "POST /api/v1/sync/customer": _row(
        _look_at,
        **dict.fromkeys(("own", "reassigned", "other_grid"), HEADS | OVERSEERS),
        other_branch=OVERSEERS,
    ),
    # whoever may see the household
    "GET /api/v1/customers/{customer_id}/former-members": _row(
        _former_members,
        own=BRANCH | {"agent"} | CHECKERS,
        reassigned=HEADS | CHECKERS,
        other_grid=HEADS | CHECKERS,
        other_branch=CHECKERS,
    ),
    # a manager moves households within the branch, a head to any grid of the bank
    "GET /api/v1/grids": _row(
        probes.grid_choices,
        **dict.fromkeys(("own", "reassigned", "other_grid"), BRANCH),
        other_branch=HEADS,
    ),
    # whoever sees both households, of the bank's people in the field
    **{
        f"GET /api/v1/duplicates{path}": _row(probe, own=BRANCH, reassigned=HEADS, other_grid=HEADS)
        for path, probe in (("", pair_probes.duplicates), ("/{one}/{other}", pair_probes.side_by_side))
    },
    # of the grids that a manager holds, and of the branch for its heads; counts alone
    "GET /api/v1/customers/completeness": _row(
        probes.completeness,
        own=BRANCH,
        **dict.fromkeys(("reassigned", "other_grid"), HEADS),
    ),
    # the branch's heads; what is closed with the household's name
    "GET /api/v1/opportunities/branch": _row(
        opportunity_probes.of_branch, **dict.fromkeys(("own", "reassigned", "other_grid"), HEADS)
    ),
    # a head's phone holds the team's partition, not the grids; the deputy has got one of her own
    "POST /api/v1/sync/pull": _row(probes.pull, own=FIELD, reassigned=DEPUTY, other_grid=DEPUTY),
    # pages of the manager's projection: an agent has pages of their own
    "GET /api/v1/sync/pages": _row(probes.pages, own=MANAGER, reassigned=DEPUTY, other_grid=DEPUTY),
    "POST /api/v1/sync/push": _row(probes.push, own=BRANCH | {"agent"}, reassigned=HEADS, other_grid=HEADS),
    "GET /api/v1/quarantine": _row(probes.quarantine, **QUARANTINE),
    "POST /api/v1/quarantine/{command_id}/content": _row(probes.quarantined, **QUARANTINE),
    # whoever sees a profile of theirs; head office's business department of the bank
    **{
        f"{method} /api/v1/audience/{path}": _row(
            probe,
            own=BRANCH | {"business"},
            **dict.fromkeys(("reassigned", "other_grid"), HEADS | {"business"}),
            other_branch=frozenset({"business"}),
        )
        for method, path, probe in (
            ("POST", "count", audience_probes.count),
            ("POST", "list", audience_probes.listed),
            ("POST", "export", audience_probes.export),
            ("GET", "ground", audience_probes.ground),
            ("POST", "groups", audience_probes.make_group),
        )
    },
    # groups are seen by who made them and the heads of their branch
    "GET /api/v1/audience/groups": _row(audience_probes.groups, **GROUPS),
    "POST /api/v1/audience/groups/{group_id}/count": _row(audience_probes.count_group, **GROUPS),
    **{
        f"POST /api/v1/audience/groups/{{group_id}}/{path}": _row(
            probe, own=MANAGER, reassigned=MANAGER, other_grid=DEPUTY
        )
        for path, probe in (
            ("rename", audience_probes.rename),
            ("remove", audience_probes.remove),
            ("restore", audience_probes.restore),
        )
    },
    "POST /api/v1/evaluations/{session_id}/forms": _row(
        review_probes.evaluation_forms,
        **dict.fromkeys(("own", "reassigned", "other_grid"), frozenset({"head", "auditor"})),
        other_branch=AUDITOR,
    ),
    # a reviewer in the village has no account: the code alone opens, whoever shows it
    "POST /api/v1/review/open": _row(
        review_probes.review_open, **dict.fromkeys((*RELATIONS, "signed_out"), EVERYBODY)
    ),
    "POST /api/v1/review/hand-in": _row(
        review_probes.review_hand_in, **dict.fromkeys((*RELATIONS, "signed_out"), EVERYBODY)
    ),
    "GET /api/v1/phones": _row(probes.phones, **QUARANTINE),
    # head office alone: business writes, it and the risk officer decide, leadership and audit read
    **{
        f"{name.split()[0]} {strategy_probes.BASE}{name.partition(' ')[2]}": _row(
            strategy_probes.probe(name.split()[0], where, body),
            **dict.fromkeys(RELATIONS, STRATEGISTS[who]),
        )
        for name, (who, where, body) in strategy_probes.ENDPOINTS.items()
    },
    "GET /api/v1/sync/events": _row(probes.events, own=FIELD, reassigned=DEPUTY, other_grid=DEPUTY),
}

#: the stream of hints cannot be signed by a browser; it says only which partitions moved
SIGNED = [
    name
    for name in MATRIX
    if name.split()[1].startswith(("/api/v1/sync/", "/api/v1/files/")) and not name.endswith("/events")
]


#: as a night finds it: the heads of two households may be one
_PAIR = text(
    "INSERT INTO duplicate_pair (id, person_id, other_id, state, per_mille, reasons, found_at)"
    " SELECT :id, least(a.person_id, b.person_id), greatest(a.person_id, b.person_id), 'open', 950, '{name}',"
    " now()"
    " FROM membership a JOIN membership b ON b.customer_id = :other AND b.relation = 'head'"
    " WHERE a.customer_id = :one AND a.relation = 'head'"
)

#: as where a limit had risen, and somebody of the bank had said what came of it
_WON = text(
    "INSERT INTO opportunity (id, customer_id, event, dimension, priority, owner_role, agent_visible,"
    " decision_id, raised_on, valid_until, stage, stepped_at, outcome) VALUES (:id, :one, 'limit_raised',"
    " 'customer_value', 2, 'manager', false, :id, current_date, current_date, 'won', now(), 'won')"
)


async def _subject(
    author: FieldPhone, people: dict[str, FieldPhone], body: dict[str, Any], place: Any, colour: int
) -> Subject:
    """A household made and visited by `author`, with a photo at the bank and one on the way."""
    kept, waiting = photo(colour), photo(colour + 1)
    photos = [{"hash": digest(one), "class": "home", "taken_at": author.now()} for one in (kept, waiting)]
    author.save("customer.create", body)
    author.save("visit.log", visit(body["id"], place.lon, place.lat, author.now(), photos=photos))
    # heads' phones hold the ids of households that are judged: another one than those that are looked for
    neighbour = new_household(place, "邻户")
    author.save("customer.create", neighbour)
    judged = {
        "id": str(uuid7()),
        "grid_id": str(place.id),
        "held_on": "2026-03-02",
        "host_id": author.staff["id"],
        "customer_ids": [neighbour["id"]],
        "reviewers": [{"id": str(uuid7()), "name": name, "role": "cadre"} for name in ("罗书记", "高老师")],
    }
    author.save("evaluation.create", judged)
    turns = tuple(OwnTurn.made(author, judged, number) for number in (0, 1))
    for turn in turns:
        author.save("evaluation.invite", turn.invitation)
    assert {one["result"] for one in await author.push()} == {"applied"}
    sent = await probes.send_photo(author, kept)
    assert sent.status_code == 200, sent.text
    group_id = str(uuid7())
    group = {"id": group_id, "name": "G", "choice": audience_probes.in_grid(place.id), "fixed": False}
    kept_group = await author.phone.client.post(f"{audience_probes.BASE}/groups", json=group)
    assert kept_group.status_code == 200, kept_group.text
    return Subject(
        *(body["id"], place.id, author, people, digest(kept), waiting, "", judged["id"], neighbour["id"]),
        turns=turns,
        name=body["name"],
        group=group_id,
    )


@pytest.fixture
async def subjects(phone_of: PhoneOf, world: World, worker_db: Database, work: Work) -> dict[str, Subject]:
    """One household for each relation; the grid E2 passes from the manager and the agent to the deputy."""
    manager, agent, deputy = await phone_of("manager"), await phone_of("agent"), await phone_of("deputy")
    west = await phone_of("manager2")
    colleagues, strangers = {"agent": agent, "manager": manager}, {"manager2": west}
    e1, e2, w1 = (world.grids[code] for code in ("E1", "E2", "W1"))
    made = {
        "own": await _subject(manager, colleagues, new_household(e1, "甲户"), e1, 10),
        "reassigned": await _subject(manager, colleagues, new_household(e2, "乙户"), e2, 20),
    }
    async with worker_db.unit(Actor.system("test")) as uow:
        await grids.release(uow, e2.id, world["manager"].id, grids.Duty.responsible)
        await grids.release(uow, e2.id, world["agent"].id, grids.Duty.agent)
        await grids.assign(uow, e2.id, world["deputy"].id, grids.Duty.responsible)
    await work()
    made["other_grid"] = await _subject(deputy, colleagues, new_household(e2, "丙户"), e2, 30)
    made["other_branch"] = await _subject(west, strangers, new_household(w1, "丁户"), w1, 40)
    async with worker_db.unit(Actor.system("test")) as uow:
        for one in made.values():
            await uow.session.execute(_PAIR, {"id": uuid7(), "one": one.customer_id, "other": one.twin})
            await uow.session.execute(_WON, {"id": uuid7(), "one": one.customer_id})
        # and those of two branches: their heads are told of each other's, and not what they are
        beyond = {"one": made["own"].customer_id, "other": made["other_branch"].customer_id}
        await uow.session.execute(_PAIR, {"id": uuid7(), **beyond})
    await work()
    holders = {"own": manager, "reassigned": deputy, "other_grid": deputy, "other_branch": west}
    pages = {name: await page_with_customers(holder, made[name].grid_id) for name, holder in holders.items()}
    return {name: replace(subject, page=pages[name]) for name, subject in made.items()}


def test_every_endpoint_has_its_row(app: Litestar) -> None:
    found = {
        f"{method} {re.sub(r':[a-z]+}', '}', route.path)}"
        for route in app.routes
        for method in route.methods
        if method not in {"OPTIONS", "HEAD"} and not route.path.startswith("/api/v1/schema")
    }
    described = {
        f"{method.upper()} {path}"
        for path, item in (app.openapi_schema.paths or {}).items()
        for method in ("get", "put", "post", "delete", "patch")
        if getattr(item, method) is not None
    }
    assert described <= found
    assert found == set(MATRIX)


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_each_is_reached_by_whom_it_is_meant_for(
    app: Litestar, redis: "Redis", subjects: dict[str, Subject], phone_of: PhoneOf
) -> None:
    reached = {endpoint: {relation: set[str]() for relation in row} for endpoint, (_, row) in MATRIX.items()}
    async with app.lifespan(), serving(app) as stranger:
        for login in ROLES:
            me = await phone_of(login)
            # the phone's own key and number, but nobody is signed in
            key = Phone(stranger, me.phone.installation_id, me.phone.key)
            out = FieldPhone(key, me.clock, me.seal_key, me.staff, me.escrow_key)
            for endpoint, (probe, _) in MATRIX.items():
                for relation in RELATIONS:
                    own = relation == "own"
                    if await probe(Attempt(app, redis, login, me, subjects[relation], own)):
                        reached[endpoint][relation].add(login)
                if await probe(Attempt(app, redis, login, out, subjects["own"], own=True)):
                    reached[endpoint]["signed_out"].add(login)
    found, meant = _readable(reached), _readable({name: row for name, (_, row) in MATRIX.items()})
    different = [(one, two) for one, two in zip(found, meant, strict=True) if one != two]
    assert not different, "\n".join(f"found {one}\nmeant {two}" for one, two in different)


def _readable(table: Mapping[str, Mapping[str, Collection[str]]]) -> list[str]:
    return [
        f"{endpoint} {relation}: {' '.join(login for login in ROLES if login in who) or '-'}"
        for endpoint, row in table.items()
        for relation, who in row.items()
    ]


async def test_a_session_without_the_phones_signature_is_not_enough(subjects: dict[str, Subject]) -> None:
    own = subjects["own"]
    body = msgspec.msgpack.encode({"epoch": None, "partitions": {}, "commands": []})
    told = {}
    for endpoint in SIGNED:
        method, path = endpoint.replace("{file_hash}", own.kept).split()
        if path.endswith("/pages"):
            path += f"?key=grid%3A{own.grid_id}%2Fmanager%40{VERSION}&revision=1&n=0"
        client = own.author.phone.client
        answer = await client.request(method, path, content=None if method == "GET" else body, headers=PACKED)
        told[endpoint] = (answer.status_code, answer.json()["code"])
    assert told == dict.fromkeys(SIGNED, (401, "signature_invalid"))
