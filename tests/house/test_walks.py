"""./scripts/shots shows every screen of the app: each route has its walk, or a reason why nothing is there.

Here the list is held against the app's routes; a walk that ends without one of its screens fails.
"""

import json
import re

from tests.support.lints import ROOT

E2E = ROOT / "tests" / "e2e"


def listed() -> tuple[dict[str, list[str]], dict[str, str]]:
    page = json.loads((E2E / "walks.json").read_text())
    return page["walks"], page["no screen"]


def test_every_route_is_shown_by_a_walk() -> None:
    routes = re.findall(r"\{ path: '([^']+)'", (ROOT / "pwa/src/app/routes.ts").read_text())
    assert len(routes) > 40
    walks, unseen = listed()
    shown = [path for paths in walks.values() for path in paths]
    assert sorted([*shown, *unseen]) == sorted(routes)


def test_only_what_leads_elsewhere_is_no_screen() -> None:
    source = (ROOT / "pwa/src/app/routes.ts").read_text()
    redirects = re.findall(r"\{ path: '([^']+)', redirect:", source)
    _, unseen = listed()
    assert sorted(unseen) == sorted(redirects)


def test_the_walks_are_those_that_run_and_that_the_command_names() -> None:
    walks, _ = listed()
    assert re.findall(r"^test\('([^']+)'", (E2E / "shots.ts").read_text(), re.MULTILINE) == list(walks)
    usage = (ROOT / "scripts" / "shots").read_text()
    for walk in walks:
        assert f"`{walk}`" in usage, walk
