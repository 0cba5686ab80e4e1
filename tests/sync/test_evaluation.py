"""Village evaluations over the wire: sealed forms, results from the third on, two reviews, who sees what."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from backend.kernel.actor import Actor
from backend.kernel.ids import uuid7
from backend.kernel.uow import Database
from tests.support.field_phone import FieldPhone
from tests.support.village import (
    FORM_BYTES,
    GOOD,
    POOR,
    Village,
    form,
    households_of,
    results_of,
    reviewed,
    session_of,
    village_of,
)
from tests.support.world import World
from tests.sync.conftest import PhoneOf, Work


@pytest.fixture
async def manager(phone_of: PhoneOf) -> FieldPhone:
    return await phone_of("manager")


@pytest.fixture
async def agent(phone_of: PhoneOf) -> FieldPhone:
    return await phone_of("agent")


@pytest.fixture
async def village(manager: FieldPhone, agent: FieldPhone, world: World) -> Village:
    return await village_of(manager, agent, world)


async def _answered(village: Village, agent: FieldPhone, work: Work, *reviewers: int) -> None:
    """Reviewers who think well of the first two households, and not of the third."""
    for reviewer in reviewers:
        village.hand_in(
            agent,
            reviewer,
            [form("yes", GOOD, 5_000_000), form("yes", GOOD, 3_000_000), form("yes", POOR, 0)],
        )
    assert {one["result"] for one in await agent.push()} == {"applied"}
    await work()


async def test_nobody_sees_anything_before_the_third_form(
    village: Village, manager: FieldPhone, agent: FieldPhone, phone_of: PhoneOf, work: Work
) -> None:
    head = await phone_of("head")
    await _answered(village, agent, work, 0, 1)
    for phone in (manager, head):
        assert await results_of(phone, village) == {}
        reviewers = phone.of("evaluation")[village.id]["reviewers"]
        # how many they answered is all that is known of them
        assert [one[5] for one in reviewers] == [3, 3, 0, 0]
    await _answered(village, agent, work, 2)
    for phone in (manager, head):
        found = await results_of(phone, village)
        assert {one[4] for one in found.values()} == {85, 6}
        assert [found[one][1] for one in village.households] == ["第0户", "第1户", "第2户"]
    assert [one["kind"] for one in manager.of("inbox").values()] == ["evaluation_opened"]


async def test_the_host_never_learns_a_result(
    village: Village, manager: FieldPhone, agent: FieldPhone, phone_of: PhoneOf, work: Work
) -> None:
    await _answered(village, agent, work, 0, 1, 2)
    await agent.pull()
    row = agent.of("evaluation")[village.id]
    assert set(row) == {
        "grid_id",
        "held_on",
        "place",
        "host_id",
        "reviewers",
        "households",
        "closed_at",
        "revision",
    }
    assert "85" not in msgspec.json.encode({k: v for k, v in row.items() if k == "results"}).decode()
    assert [one["kind"] for one in agent.of("inbox").values()] == ["evaluation_planned"]
    # another branch, and an agent who does not host, have no session at all
    for login in ("manager2", "head2", "agent2"):
        phone = await phone_of(login)
        await phone.pull()
        assert not phone.of("evaluation")


async def test_an_agent_who_does_not_host_hears_nothing_of_a_session(
    manager: FieldPhone, agent: FieldPhone, world: World
) -> None:
    await agent.pull()
    households = await households_of(manager, world)
    body = session_of(world, manager, households)
    manager.save("evaluation.create", body)
    assert (await manager.push())[0]["result"] == "applied"
    await agent.pull()
    assert not agent.of("evaluation")
    assert "罗书记" not in agent.everything()
    # nor may they bring forms for it
    own = Village(body["id"], households, [one["id"] for one in body["reviewers"]])
    own.hand_in(agent, 0, [form("no")] * 3)
    (receipt,) = await agent.push()
    assert (receipt["result"], receipt["code"]) == ("rejected", "out_of_scope")


async def test_a_form_counts_once_and_only_at_its_place(
    village: Village, agent: FieldPhone, manager: FieldPhone, work: Work, worker_db: Database
) -> None:
    await _answered(village, agent, work, 0)
    village.hand_in(agent, 0, [form("yes", POOR)] * 3)
    (again,) = await agent.push()
    assert (again["result"], again["code"]) == ("rejected", "conflict_state")
    # what was sealed for one household is not taken for another one's, nor another reviewer's
    honest = village.hand_in(agent, 1, [form("yes", GOOD), form("yes", POOR), form("no")])
    forms = honest.envelope["body"]["forms"]
    swapped = [
        {"customer_id": one["customer_id"], "sealed": other["sealed"]}
        for one, other in zip(forms, forms[::-1], strict=True)
    ]
    agent.outbox.pop()
    for body in (
        {"session_id": village.id, "reviewer_id": village.reviewers[1], "forms": swapped},
        {"session_id": village.id, "reviewer_id": village.reviewers[2], "forms": forms},
        {"session_id": village.id, "reviewer_id": village.reviewers[1], "forms": forms + forms[:1]},
        {"session_id": village.id, "reviewer_id": str(uuid7()), "forms": forms},
    ):
        agent.save("evaluation.hand_in", body)
        (refused,) = await agent.push()
        assert (refused["result"], refused["code"]) == ("rejected", "bad_value")
    async with worker_db.unit(Actor.system("test")) as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM evaluation_form")) == 3


@pytest.mark.parametrize(
    "plain",
    [
        form("yes", GOOD)[:-1],
        msgspec.msgpack.encode({"knows": "yes", "pad": b"", "grades": GOOD}),
        form("yes", {"repute": "good"}),
        form("perhaps"),
        form("no", GOOD),
        form("yes", GOOD, 900_000_000),
        b"\xc1" * FORM_BYTES,
    ],
)
async def test_what_is_no_form_is_refused_without_a_word_of_it(
    village: Village, agent: FieldPhone, plain: bytes
) -> None:
    village.hand_in(agent, 0, [plain] * 3)
    (receipt,) = await agent.push()
    assert (receipt["result"], receipt["code"]) == ("rejected", "bad_value")


async def test_relatives_do_not_count(
    manager: FieldPhone, agent: FieldPhone, world: World, work: Work, worker_db: Database
) -> None:
    """The reviewer's own household, one that split off it, and one whose reviewer says that they are kin."""
    own, other, third = await households_of(manager, world)
    await manager.pull()
    spouse = next(
        one
        for one, row in manager.of("member").items()
        if row["customer_id"] == own and row["relation"] == "spouse"
    )
    split = str(uuid7())
    manager.save(
        "customer.split",
        {
            "id": split,
            "customer_id": own,
            "name": "分出户",
            "address": "二组 8 号",
            "member_ids": [spouse],
            "head_id": spouse,
            "record_ids": [],
        },
    )
    assert (await manager.push())[0]["result"] == "applied"
    about = [own, split, other, third]
    body = session_of(world, agent, about)
    body["reviewers"][0]["customer_id"] = own
    manager.save("evaluation.create", body)
    assert (await manager.push())[0]["result"] == "applied"
    village = Village(body["id"], about, [one["id"] for one in body["reviewers"]])
    village.hand_in(agent, 0, [form("yes", GOOD)] * 4)
    village.hand_in(agent, 1, [form("yes", GOOD)] * 3 + [form("relative")])
    village.hand_in(agent, 2, [form("yes", GOOD)] * 4)
    assert {one["result"] for one in await agent.push()} == {"applied"}
    await work()
    async with worker_db.unit(Actor.system("test")) as uow:
        rows = await uow.session.execute(
            text("SELECT customer_id, excluded FROM evaluation_form WHERE excluded IS NOT NULL")
        )
        found = sorted((str(row.customer_id), row.excluded) for row in rows)
    assert found == sorted([(own, "family"), (split, "family"), (third, "said")])
    assert set(await results_of(manager, village)) == {other}
    village.hand_in(agent, 3, [form("yes", GOOD)] * 4)
    assert (await agent.push())[0]["result"] == "applied"
    await work()
    assert {one: row[2] for one, row in (await results_of(manager, village)).items()} == {
        own: 3,
        split: 3,
        other: 4,
        third: 3,
    }


async def test_dont_know_is_an_answer_and_too_few_who_know_give_no_score(
    village: Village, agent: FieldPhone, manager: FieldPhone, work: Work
) -> None:
    for reviewer, knows in enumerate(("yes", "no", "no")):
        grades = GOOD if knows == "yes" else None
        village.hand_in(agent, reviewer, [form(knows, grades), form("yes", GOOD), form("no")])
    assert {one["result"] for one in await agent.push()} == {"applied"}
    await work()
    found = await results_of(manager, village)
    first, second, third = (found[one] for one in village.households)
    assert (first[2], first[3], first[4], first[7], first[9]) == (3, 1, None, {}, ["little_known"])
    assert (second[2], second[3], second[4]) == (3, 3, 85)
    assert (third[3], third[4]) == (0, None)


async def test_two_people_review_and_only_then_it_counts(
    village: Village, agent: FieldPhone, manager: FieldPhone, phone_of: PhoneOf, work: Work
) -> None:
    head = await phone_of("head")
    await _answered(village, agent, work, 0, 1, 2)
    await manager.pull()
    before = {one: manager.of("profile")[one]["score"] for one in village.households}
    results = list((await results_of(manager, village)).values())
    head.save("evaluation.review", reviewed(village, results, 2))
    assert (await head.push())[0]["code"] == "conflict_state"
    manager.save("evaluation.review", reviewed(village, results, 2))
    assert (await manager.push())[0]["code"] == "bad_value"
    manager.save("evaluation.review", reviewed(village, results, 1, percent=50))
    assert (await manager.push())[0]["code"] == "bad_value", "a changed score without its reason"
    manager.save("evaluation.review", reviewed(village, results, 1))
    assert (await manager.push())[0]["result"] == "applied"
    await work()
    await manager.pull()
    assert {one: manager.of("profile")[one]["score"] for one in village.households} == before
    await head.pull()
    assert "evaluation_reviewed" in [one["kind"] for one in head.of("inbox").values()]
    seen = list((await results_of(head, village)).values())
    head.save("evaluation.review", reviewed(village, seen, 2))
    assert (await head.push())[0]["result"] == "applied"
    await work()
    await manager.pull()
    after = {one: manager.of("profile")[one]["score"] for one in village.households}
    # 85 of 100 is 17 of the policy's 20 points; 6 of 100 is one
    assert [after[one] - before[one] for one in village.households][:2] == [17 - _shared(before, 0)] * 2
    assert after[village.households[2]] < after[village.households[0]]
    (row,) = [one for one in seen if one[0] == village.households[0]]
    assert (await results_of(manager, village))[row[0]][12] == 85


def _shared(before: dict[str, int], _: int) -> int:
    """What the other items lose when they no longer share the evaluation's points."""
    (score,) = set(before.values())
    return score - score * 80 // 100


async def test_one_person_alone_decides_nothing(
    village: Village, agent: FieldPhone, phone_of: PhoneOf, manager: FieldPhone, work: Work
) -> None:
    deputy, head = await phone_of("deputy"), await phone_of("head")
    await _answered(village, agent, work, 0, 1, 2)
    results = list((await results_of(deputy, village)).values())
    deputy.save("evaluation.review", reviewed(village, results, 1))
    assert (await deputy.push())[0]["result"] == "applied"
    deputy.save("evaluation.review", reviewed(village, results, 2))
    assert (await deputy.push())[0]["code"] == "bad_value"
    head.save("evaluation.review", reviewed(village, results, 2))
    assert (await head.push())[0]["result"] == "applied"


async def test_a_form_that_comes_later_asks_for_a_new_review(
    village: Village, agent: FieldPhone, phone_of: PhoneOf, manager: FieldPhone, work: Work
) -> None:
    head = await phone_of("head")
    await _answered(village, agent, work, 0, 1, 2)
    results = list((await results_of(manager, village)).values())
    manager.save("evaluation.review", reviewed(village, results, 1))
    assert (await manager.push())[0]["result"] == "applied"
    village.hand_in(agent, 3, [form("yes", POOR)] * 3)
    assert (await agent.push())[0]["result"] == "applied"
    await work()
    # the head's screen still showed three forms
    head.save("evaluation.review", reviewed(village, results, 2))
    assert (await head.push())[0]["code"] == "conflict_state"
    found = await results_of(manager, village)
    assert {one[2] for one in found.values()} == {4}
    assert found[village.households[0]][9] == ["wide", "outlier"]


async def test_who_said_what_is_shown_with_a_purpose_and_leaves_a_trace(
    village: Village, agent: FieldPhone, phone_of: PhoneOf, work: Work, worker_db: Database
) -> None:
    head, auditor = await phone_of("head"), await phone_of("auditor")
    path = f"/api/v1/evaluations/{village.id}/forms"
    await _answered(village, agent, work, 0, 1)
    early = await head.phone.client.post(path, json={"purpose": "a complaint about the review"})
    assert [one["forms"] for one in early.json()["reviewers"]] == [[], [], [], []]
    await _answered(village, agent, work, 2)
    for phone in (head, auditor):
        answer = await phone.phone.client.post(path, json={"purpose": "a complaint about the review"})
        assert answer.status_code == 200, answer.text
        first = answer.json()["reviewers"][0]
        assert first["name"] == "罗书记"
        assert first["forms"][0]["grades"] in (GOOD, POOR)
    assert (await head.phone.client.post(path, json={"purpose": ""})).status_code == 422
    for login in ("manager", "agent", "deputy", "business"):
        other = await phone_of(login)
        answer = await other.phone.client.post(path, json={"purpose": "just curious"})
        assert answer.status_code == 403, (login, answer.text)
    async with worker_db.unit(Actor.system("test")) as uow:
        trail = await uow.session.execute(
            text("SELECT detail FROM audit_entry WHERE action = 'evaluation.forms_viewed' ORDER BY id")
        )
        assert [row.detail["purpose"] for row in trail] == ["a complaint about the review"] * 3


async def test_no_answer_lies_readable_at_the_bank(
    village: Village, agent: FieldPhone, work: Work, worker_db: Database
) -> None:
    """Neither in the forms, nor in what is kept of the commands, refused ones too."""
    await _answered(village, agent, work, 0)
    village.hand_in(agent, 0, [form("yes", POOR)] * 3)
    await agent.push()
    async with worker_db.unit(Actor.system("test")) as uow:
        kept = [
            bytes(row[0])
            for query in (
                "SELECT sealed FROM evaluation_form",
                "SELECT quarantined FROM sync_command WHERE quarantined IS NOT NULL",
                "SELECT convert_to(detail::text, 'UTF8') FROM audit_entry",
                "SELECT convert_to(payload::text, 'UTF8') FROM outbox_event",
            )
            for row in await uow.session.execute(text(query))
        ]
        # the host's own phone can open the refused command's outside: inside the forms are sealed again
        refused = (
            await uow.session.execute(
                text("SELECT id, quarantined FROM sync_command WHERE quarantined IS NOT NULL")
            )
        ).one()
        kept.append(uow.keys.seal.open(refused.quarantined, f"command:{refused.id}"))
    assert len(kept) > 5
    assert not [one for one in kept if b"unpaid" in one or b"repute" in one]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"customer_ids": [str(uuid7())]}, "bad_value"),
        ({"host_id": str(uuid7())}, "bad_value"),
        ({"grid_id": "W1"}, "out_of_scope"),
        ({"reviewers": []}, "malformed"),
    ],
)
async def test_what_a_session_may_not_be(
    manager: FieldPhone, agent: FieldPhone, world: World, changes: dict[str, Any], code: str
) -> None:
    if changes.get("grid_id") == "W1":
        changes = {"grid_id": str(world.grids["W1"].id)}
    manager.save("evaluation.create", session_of(world, agent, await households_of(manager, world)) | changes)
    (receipt,) = await manager.push()
    assert (receipt["result"], receipt["code"]) == ("rejected", code)


async def test_agents_make_no_session(agent: FieldPhone, manager: FieldPhone, world: World) -> None:
    households = await households_of(manager, world)
    agent.save("evaluation.create", session_of(world, agent, households))
    (receipt,) = await agent.push()
    assert (receipt["result"], receipt["code"]) == ("rejected", "not_allowed")


async def test_a_household_that_became_part_of_another_is_shown_no_more_until_the_merge_is_taken_back(
    village: Village, agent: FieldPhone, manager: FieldPhone, work: Work
) -> None:
    await _answered(village, agent, work, 0, 1, 2)
    into, _, gone = village.households
    merge = {"customer_id": gone, "into_id": into, "reason": "一家人"}
    manager.save("customer.merge", merge)
    assert (await manager.push())[0]["result"] in {"applied", "merged"}
    await work()
    assert set(await results_of(manager, village)) == set(village.households) - {gone}
    manager.save("customer.unmerge", {"customer_id": gone, "reason": "弄错了"})
    assert (await manager.push())[0]["result"] == "applied"
    await work()
    assert set(await results_of(manager, village)) == set(village.households)
