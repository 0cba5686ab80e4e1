"""ID numbers and phones that cannot belong to anybody, in the right form.

ID numbers (GB 11643-1999) begin with 99: GB/T 2260 gives province codes 11 to 82 only, so no place has it.
Phones begin with 127: mobile numbers of the mainland begin with 13 to 19, and no short service number with
127. Both are accepted in demo mode only.
"""

from collections import Counter
from datetime import date

from backend.customers.api import id_check_digit

REGION_PREFIX = "99"
PHONE_PREFIX = "127"

_PHONES_PER_GRID = 50_000
# coprime with the size of the range: a bijection that makes neighbours look unlike
_PHONE_STEP = 68_917_351


class Numbers:
    """Numbers of one grid, each given out once in the county. `grid`: the grid's place in the county, 0 to
    1999."""

    def __init__(self, grid: int) -> None:
        if not 0 <= grid < 100_000_000 // _PHONES_PER_GRID:
            raise ValueError(f"no numbers are set aside for grid {grid}")
        self._grid = grid
        self._phones = 0
        self._born: Counter[tuple[date, str]] = Counter()

    def id_number(self, born: date, sex: str) -> str:
        """An 18-character ID number; the sequence is odd for men. Raises ValueError if a day's are used
        up."""
        serial = self._born[born, sex]
        self._born[born, sex] += 1
        sequence = 2 * serial + (1 if sex == "m" else 2)
        if sequence > 999:
            raise ValueError(f"more than 499 people of one sex born on {born} in one grid")
        stem = f"{REGION_PREFIX}{self._grid:04d}{born:%Y%m%d}{sequence:03d}"
        return stem + id_check_digit(stem)

    def phone(self) -> str:
        """An 11-digit phone number."""
        serial = self._grid * _PHONES_PER_GRID + self._phones
        if self._phones >= _PHONES_PER_GRID:
            raise ValueError(f"more than {_PHONES_PER_GRID} phones in one grid")
        self._phones += 1
        return f"{PHONE_PREFIX}{serial * _PHONE_STEP % 100_000_000:08d}"
