"""Probes of the strategy's endpoints: who may not is refused before it is said whether a thing is there."""

from uuid import UUID

from tests.access.probes import Attempt, Probe

BASE = "/api/v1/strategy"
_NONE = UUID(int=7)
_DRAFT, _SIMULATION = f"/drafts/{_NONE}", f"/simulations/{_NONE}"

READ, EDIT, DECIDE = "read", "edit", "decide"
#: endpoint → who, where it is asked (the version is there, draft and simulation are not), with what
ENDPOINTS: dict[str, tuple[str, str, dict[str, object]]] = {
    "GET ": (READ, "", {}),
    "GET /versions/{version}/difference": (READ, "/versions/1/difference", {}),
    "GET /versions/{version}/archive": (READ, "/versions/1/archive", {}),
    "POST /versions/{version}/roll-back": (DECIDE, "/versions/1/roll-back", {"reason": "a look"}),
    "POST /versions/{version}/withdraw": (DECIDE, "/versions/1/withdraw", {"reason": "a look"}),
    "GET /runs": (READ, "/runs", {}),
    "POST /runs/{run_id}/release": (DECIDE, f"/runs/{_NONE}/release", {}),
    "POST /drafts": (EDIT, "/drafts", {"title": "a look"}),
    "POST /drafts/archive": (EDIT, "/drafts/archive?title=a", {"no": "archive"}),
    "GET /drafts/{draft_id}": (READ, _DRAFT, {}),
    "PUT /drafts/{draft_id}": (EDIT, _DRAFT, {"title": "a look"}),
    "GET /drafts/{draft_id}/files": (READ, f"{_DRAFT}/files", {}),
    "GET /drafts/{draft_id}/file": (READ, f"{_DRAFT}/file?path=tags/a.yaml", {}),
    "PUT /drafts/{draft_id}/file": (
        EDIT,
        f"{_DRAFT}/file",
        {"path": "tags/a.yaml", "revision": 1, "text": ""},
    ),
    "GET /drafts/{draft_id}/figures": (READ, f"{_DRAFT}/figures", {}),
    "PUT /drafts/{draft_id}/figures/{name}": (
        *(EDIT, f"{_DRAFT}/figures/a_fen"),
        {"revision": 1, "since": "2030-01-01", "value": 1},
    ),
    "GET /drafts/{draft_id}/names": (READ, f"{_DRAFT}/names", {}),
    "GET /drafts/{draft_id}/difference": (READ, f"{_DRAFT}/difference", {}),
    "GET /drafts/{draft_id}/archive": (READ, f"{_DRAFT}/archive", {}),
    "POST /drafts/{draft_id}/check": (EDIT, f"{_DRAFT}/check", {}),
    "POST /drafts/{draft_id}/simulate": (EDIT, f"{_DRAFT}/simulate", {}),
    "POST /drafts/{draft_id}/submit": (EDIT, f"{_DRAFT}/submit", {}),
    "POST /drafts/{draft_id}/return": (DECIDE, f"{_DRAFT}/return", {"reason": "a look"}),
    "POST /drafts/{draft_id}/publish": (
        *(DECIDE, f"{_DRAFT}/publish"),
        {"digest": "0", "valid_from": "2030-01-01"},
    ),
    "POST /drafts/{draft_id}/rebase": (EDIT, f"{_DRAFT}/rebase", {}),
    "POST /drafts/{draft_id}/drop": (EDIT, f"{_DRAFT}/drop", {}),
    "GET /simulations/{simulation_id}": (READ, _SIMULATION, {}),
    "POST /simulations/{simulation_id}/cancel": (EDIT, f"{_SIMULATION}/cancel", {}),
    "POST /simulations/{simulation_id}/movers": (READ, f"{_SIMULATION}/movers", {"purpose": "a look"}),
    "POST /simulations/{simulation_id}/customers": (
        *(READ, f"{_SIMULATION}/customers"),
        {"purpose": "a look", "chosen": {"of": "branch"}},
    ),
    "POST /simulations/{simulation_id}/export": (
        *(READ, f"{_SIMULATION}/export"),
        {"format": "csv", "purpose": "a look"},
    ),
    "GET /grades": (DECIDE, "/grades", {}),
    "POST /grades/differing": (
        *(DECIDE, "/grades/differing"),
        {"difference": "one", "purpose": "a look"},
    ),
    "POST /grades/export": (DECIDE, "/grades/export", {"purpose": "a look"}),
}


def probe(method: str, where: str, body: dict[str, object]) -> Probe:
    """The role was let in, whatever was there."""

    async def reached(one: Attempt) -> bool:
        answer = await one.ask(method, f"{BASE}{where}", **body)
        assert answer.status_code < 500, answer.text
        if answer.status_code == 403:
            assert answer.json()["code"] == "not_allowed", answer.text
        return answer.status_code not in {401, 403}

    return reached
