"""Head office and auditors look at customers' files on record, head office with a purpose."""

from uuid import UUID

import pytest
from litestar import Litestar

from backend.embedded import Urls
from backend.kernel.crypto import Keys
from backend.kernel.uow import Database
from tests.backend.files.test_files import visit_with
from tests.support.camera import Camera, digest, photo
from tests.support.databases import connect
from tests.support.web import Bank, Phone, serving


@pytest.mark.parametrize("role", ["hq_business", "auditor", "hq_data", "hq_lead", "admin", "risk_officer"])
async def test_head_office_looks_with_a_purpose_and_each_look_is_on_record(
    app: Litestar, camera: Camera, bank: Bank, keys: Keys, system_db: Database, databases: Urls, role: str
) -> None:
    content = photo()
    await camera.send(content)
    connection = await connect(databases.admin)
    wang: UUID = await connection.fetchval("SELECT id FROM staff WHERE login = 'wang'")
    await visit_with(system_db, bank, wang, digest(content), "home")
    person = await bank.hire("person", role, bank.hq)
    async with serving(app) as client:
        phone = await Phone(client).ready("person")
        plain = await phone.send("GET", f"/api/v1/files/{digest(content)}?size=thumb")
        target, typed = f"/api/v1/files/{digest(content)}/look", {"Content-Type": "application/json"}
        short = await phone.send("POST", target, b'{"purpose": "x"}', typed)
        named = await phone.send("POST", target, '{"purpose": "客户异议核实"}'.encode(), typed)
    # leadership sees customers for a purpose, and not before it is said
    seen = {"hq_business": (403, 200), "auditor": (200, 200), "hq_lead": (404, 200)}
    expected = seen.get(role, (404, 404))
    assert (plain.status_code, named.status_code) == expected
    assert short.status_code == 422
    looks = await connection.fetch(
        "SELECT staff_id, detail->>'purpose' AS purpose FROM audit_entry WHERE action = 'files.viewed'"
    )
    await connection.close()
    known: dict[str, list[str | None]] = {
        "hq_business": ["客户异议核实"],
        "hq_lead": ["客户异议核实"],
        "auditor": [None, "客户异议核实"],
    }
    said = known.get(role, [])
    assert [(row["staff_id"], row["purpose"]) for row in looks] == [(person, one) for one in said]


async def test_who_may_look_at_a_file_gets_no_receipt_for_it_without_its_bytes(
    app: Litestar, camera: Camera, bank: Bank, keys: Keys, system_db: Database, databases: Urls
) -> None:
    content = photo()
    received = (await camera.send(content)).json()
    connection = await connect(databases.admin)
    wang: UUID = await connection.fetchval("SELECT id FROM staff WHERE login = 'wang'")
    await connection.close()
    await visit_with(system_db, bank, wang, digest(content), "home")
    await bank.hire("head", "branch_head")
    async with serving(app) as client:
        head = Camera(await Phone(client).ready("head"), keys)
        assert (await head.get(content)).status_code == 200
        file = head.sealed(content)
        assert (await head.ask(file)).json() == {"offset": 0}
        assert (await head.add(file, 0, 300)).json() == {"offset": 300}
        assert (await head.add(file, 300)).json()["received"] == received
