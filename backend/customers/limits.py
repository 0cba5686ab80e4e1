"""What a single value may be, by its unit, in words for the person who typed it. Pure."""

import unicodedata
from collections.abc import Container
from datetime import date
from typing import NamedTuple

#: 1 mu is 2000/3 square metres
MU_M2 = 2000 / 3
FIRST_YEAR, LAST_YEAR = 1900, 2100
#: by unit: how it is written behind a number
_UNITS = {
    "m2": ("平方米", " m²"),
    "mu": ("亩", " mu"),
    "kwh": ("度", " kWh"),
    "years": ("年", " years"),
    "months": ("个月", " months"),
    "percent": ("%", " %"),
}
#: turn the order of what is read: an address could say one thing and show another
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Said(NamedTuple):
    """Words in both languages of the house."""

    zh: str
    en: str

    def of(self, what: "Said") -> "Said":
        """The same said of something that has a name."""
        return Said(f"{what.zh}：{self.zh}", f"{what.en}: {self.en}")

    @property
    def both(self) -> str:
        """As a reason carries them (CONTRACT.md, receipts): a line of Chinese, a line of English."""
        return f"{self.zh}\n{self.en}"


NAMELESS = Said("", "")
EMPTY = Said("还没填", "it is missing")
CHOICE = Said("要从列出的里选一个", "one of those that are listed")
FLAG = Said("要填是或否", "yes or no")
TEXT = Said("要填文字", "a text")
WHOLE = Said("要填整数", "a whole number")
UNSEEN = Said("里面有看不见的控制字符，删掉重打", "it holds characters that nobody can see; type it again")
DAY = Said(
    f"日期要像 2026-03-01，{FIRST_YEAR} 到 {LAST_YEAR} 年",
    f"a day like 2026-03-01, from {FIRST_YEAR} to {LAST_YEAR}",
)
CUSTOMER = Said("要选一个客户", "a customer that was chosen")
PERSON = Said("要选一个家里人", "a member of the household")


def figure(value: int, unit: str) -> Said:
    """A stored number as people write it: yuan, 万元 and 亿元 for fen, mu for square metres of land."""
    if unit == "fen":
        yuan = value / 100
        zh = (
            f"{yuan / 1e8:,g} 亿元"
            if yuan >= 1e8
            else f"{yuan / 1e4:,g} 万元"
            if yuan >= 1e4
            else f"{yuan:,g} 元"
        )
        return Said(zh, f"{yuan:,.0f} yuan")
    if unit == "year":
        return Said(str(value), str(value))
    zh_unit, en_unit = _UNITS.get(unit, ("", ""))
    number = f"{round(value / MU_M2) if unit == 'mu' else value:,}"
    return Said(f"{number} {zh_unit}".strip(), number + en_unit)


def number_wrong(value: object, unit: str, most: int) -> Said | None:
    """A whole number from 0 (a year: from 1900) to `most`, as stored."""
    if not isinstance(value, int) or isinstance(value, bool):
        return WHOLE
    least = FIRST_YEAR if unit == "year" else 0
    if value < least:
        low = figure(least, unit)
        return Said(f"最少 {low.zh}", f"at least {low.en}")
    if value > most:
        high = figure(most, unit)
        return Said(f"最多 {high.zh}，看看单位是不是弄错了", f"at most {high.en}; was the unit mixed up?")
    return None


def text_wrong(value: object, most: int) -> Said | None:
    """One line of at most `most` characters, without any that nobody can see."""
    if not isinstance(value, str):
        return TEXT
    if any(unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") or one in _TURNING for one in value):
        return UNSEEN
    if len(value) > most:
        return Said(f"最多 {most} 个字", f"at most {most} characters")
    return None


def choice_wrong(value: object, choices: Container[str]) -> Said | None:
    """One of the declared choices."""
    return None if isinstance(value, str) and value in choices else CHOICE


def flag_wrong(value: object) -> Said | None:
    """Yes or no."""
    return None if isinstance(value, bool) else FLAG


def day_wrong(value: object) -> Said | None:
    """A day that people write down, as YYYY-MM-DD."""
    return None if is_day(value) else DAY


def is_day(value: object) -> bool:
    """Whether it is a day that people write down, as YYYY-MM-DD."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return False
    return day is not None and day.isoformat() == value and FIRST_YEAR <= day.year <= LAST_YEAR
