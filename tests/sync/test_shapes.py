"""What phones receive, against what they received when this version of the projections was first shipped."""

import json
from pathlib import Path

from backend.app.wiring import registry
from backend.sync.partitions import VERSION

SHIPPED = Path(__file__).parent / "fixtures" / f"projections-{VERSION}.json"


def test_rows_whose_fields_change_come_under_a_new_version() -> None:
    """A phone keeps old rows as they came. Only a new version makes it fetch them all again."""
    now = {
        f"{kind}/{name}": list(fields)
        for kind, projection in sorted(registry().projections.items())
        for name, fields in sorted(projection.fields.items())
    }
    assert SHIPPED.is_file(), f"write {SHIPPED.name}: {json.dumps(now)}"
    assert json.loads(SHIPPED.read_text()) == now, (
        "What phones receive has changed. Raise VERSION in backend/sync/partitions.py and write the new "
        "fixture; the former ones stay as they are."
    )
