"""The comparison of all people of the bank with one another: which may be one, how likely, what agrees.

Fellegi and Sunter's model as splink computes it on DuckDB (decision 0023). Its weights are written down here
and not learned from the bank's own data, so that the same people always compare the same; how common a name
is and how many live in one village is counted from the people given. Nothing here knows of the database.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

if TYPE_CHECKING:
    import duckdb

#: what the comparison may take of a machine that others work on
MEMORY, THREADS = "512MB", 1

#: pairs of a night; nobody looks at more
MOST_PAIRS = 50_000

#: of how many people one is there twice, by which the comparison begins; and the most that it takes for that
#: in a bank of a handful
TWICE, MOST_LIKELY = 0.02, 1e-3

#: characters of a name within which one that differs is looked for
LONGEST = 8

#: how a surname is read where the character alone is read otherwise
SURNAMES = {
    "覃": "qin",
    "单": "shan",
    "曾": "zeng",
    "解": "xie",
    "仇": "qiu",
    "查": "zha",
    "区": "ou",
    "朴": "piao",
    "华": "hua",
    "任": "ren",
    "盖": "ge",
    "尉": "yu",
    "乐": "yue",
    "翟": "zhai",
    "缪": "miao",
    "冼": "xian",
    "员": "yun",
}


@dataclass(frozen=True, slots=True)
class Someone:
    """A person as they are compared. `phone` and `number` are blind indexes, never the thing itself."""

    person_id: UUID
    customer_id: UUID
    grid_id: UUID | None
    name: str
    sex: str | None
    birth_on: date | None
    phone: bytes | None
    number: bytes | None


@dataclass(frozen=True, slots=True)
class Likely:
    """Two that may be one; `one_id` is the smaller id. `reasons`: most telling first."""

    one_id: UUID
    other_id: UUID
    per_mille: int
    reasons: tuple[str, ...]


def sound_of(name: str) -> tuple[str, ...]:
    """How a name is said, tones and the slips of local speech (zh/z, ch/c, sh/s, n/l, -ng/-n) aside."""
    plain = "".join(name.split())
    return tuple(_said(char, first=place == 0) for place, char in enumerate(plain))


@lru_cache(maxsize=20_000)
def _said(char: str, *, first: bool) -> str:
    # its dictionary is large
    from pypinyin import lazy_pinyin

    return _folded(SURNAMES[char] if first and char in SURNAMES else lazy_pinyin(char)[0])


def _folded(syllable: str) -> str:
    if syllable[:2] in ("zh", "ch", "sh"):
        syllable = syllable[0] + syllable[2:]
    if syllable.endswith("ng"):
        syllable = syllable[:-1]
    return "l" + syllable[1:] if syllable[:1] == "n" and syllable[1:2] in "aeiouüv" else syllable


def one_off(column: str, longest: int) -> str:
    """SQL: two texts of at most `longest` characters differ in one of them. DuckDB's edit distances count
    bytes, of which a Chinese character has three."""
    one, other = f"{column}_l", f"{column}_r"
    differ = " + ".join(
        f"CAST(substr({one}, {place}, 1) <> substr({other}, {place}, 1) AS INTEGER)"
        for place in range(1, longest + 1)
    )
    return f"length({one}) = length({other}) AND length({one}) <= {longest} AND {differ} = 1"


class Desk:
    """A DuckDB of its own to compare on. To be used in a `with`.

    What does not fit into its memory is spilled to the disk, encrypted, and goes at the end.
    """

    def __init__(self) -> None:
        # heavy, and needed at night only
        import duckdb

        self._folder = tempfile.TemporaryDirectory(prefix="tiange-pairs-")
        self._con = duckdb.connect()
        self._con.execute(f"SET memory_limit='{MEMORY}'; SET threads={THREADS}")
        self._con.execute(f"SET temp_file_encryption=true; SET temp_directory='{self._folder.name}'")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._con.close()
        self._folder.cleanup()


class Comparison(Desk):
    """Takes the people a batch at a time, and says then which may be one."""

    def __init__(self) -> None:
        super().__init__()
        self._con.execute(
            "CREATE TABLE person (unique_id VARCHAR, customer VARCHAR, village VARCHAR, name VARCHAR,"
            " sound VARCHAR, surname VARCHAR, sex VARCHAR, birth_on DATE, phone BLOB, number BLOB)"
        )
        self.people = 0

    def add(self, batch: Sequence[Someone]) -> None:
        """More people; each is given once."""
        import pyarrow as pa

        said = [sound_of(one.name) for one in batch]
        arrow = pa.table(
            {
                "unique_id": pa.array([str(one.person_id) for one in batch], pa.string()),
                "customer": pa.array([str(one.customer_id) for one in batch], pa.string()),
                "village": pa.array(
                    [str(one.grid_id) if one.grid_id else None for one in batch], pa.string()
                ),
                "name": pa.array(["".join(one.name.split()) for one in batch], pa.string()),
                "sound": pa.array([" ".join(one) for one in said], pa.string()),
                "surname": pa.array([one[0] if one else "" for one in said], pa.string()),
                "sex": pa.array([one.sex for one in batch], pa.string()),
                "birth_on": pa.array([one.birth_on for one in batch], pa.date32()),
                "phone": pa.array([one.phone for one in batch], pa.binary()),
                "number": pa.array([one.number for one in batch], pa.binary()),
            }
        )
        self._con.register("batch", arrow)
        self._con.execute("INSERT INTO person SELECT * FROM batch")
        self._con.unregister("batch")
        self.people += len(batch)

    def likely(self, least_per_mille: int) -> list[Likely]:
        """The pairs of at least this likelihood, the likeliest first; people of one household are none."""
        if self.people < 2:
            return []
        # whom somebody lives with tells a household by more than its head
        self._con.execute(
            "CREATE TABLE people AS SELECT p.*, year(birth_on) AS born_in,"
            " list_filter(h.sounds, s -> s <> p.sound) AS kin FROM person p"
            " JOIN (SELECT customer, list(DISTINCT sound) AS sounds FROM person GROUP BY customer) h"
            " USING (customer)"
        )
        self._con.execute("DROP TABLE person")
        return _pairs(self._con, self.people, least_per_mille)


def _pairs(con: "duckdb.DuckDBPyConnection", many: int, least_per_mille: int) -> list[Likely]:
    from splink import DuckDBAPI, Linker

    shared = con.execute(
        "SELECT sum(n * n) / (sum(n) * sum(n)) FROM (SELECT count(*) AS n FROM people GROUP BY village)"
    ).fetchone()
    village = min(max(float(shared[0]) if shared else 0.5, 1e-4), 0.5)
    api = DuckDBAPI(con)
    linker = Linker(api.register("people"), _settings(many, village), log_level="ERROR")
    found = linker.inference.predict(threshold_match_probability=least_per_mille / 1000)
    names = ("called", "born", "reached", "place", "family")
    rows = con.execute(
        f"SELECT unique_id_l, unique_id_r, match_probability, {', '.join(f'gamma_{one}' for one in names)}"  # noqa: S608
        f" FROM {found.physical_name} WHERE customer_l <> customer_r"
        f" ORDER BY match_probability DESC, unique_id_l, unique_id_r LIMIT {MOST_PAIRS}"
    ).fetchall()
    return [_likely(row) for row in rows]


def _likely(row: Sequence[Any]) -> Likely:
    one, other = sorted((UUID(row[0]), UUID(row[1])))
    called, born, reached, place, family = row[3:]
    reasons = [
        "phone" if reached == 1 else None,
        {4: "name", 3: "sound", 2: "letter", 1: "surname"}.get(called),
        {3: "birth", 2: "birth_near"}.get(born),
        "kin" if family > 0 else None,
        "village" if place == 1 else None,
    ]
    # nothing is sure: a person decides
    per_mille = min(999, round(row[2] * 1000))
    return Likely(one, other, per_mille, tuple(one for one in reasons if one))


def _settings(many: int, village: float) -> Any:
    """The model. Each level's two figures: how often it is so where the two are one (from the errors of files
    written down by hand: one in eight names is written by its sound, one in seven birth dates is off), and
    where they are not."""
    import splink.comparison_level_library as levels
    from splink import SettingsCreator, block_on
    from splink.comparison_library import CustomComparison

    def level(sql: str, m: float, u: float, **more: Any) -> Any:
        return levels.CustomLevel(sql).configure(m_probability=m, u_probability=u, **more)

    def otherwise(m: float, u: float) -> Any:
        return levels.ElseLevel().configure(m_probability=m, u_probability=u)

    def null(column: str) -> Any:
        return levels.NullLevel(column)

    born = "strftime({}, '%Y%m%d')"
    one, other = born.format("birth_on_l"), born.format("birth_on_r")
    called = [
        level("name_l = name_r", 0.70, 6e-4, tf_adjustment_column="name"),
        level("sound_l = sound_r", 0.12, 2e-3, tf_adjustment_column="sound"),
        level(f"length(name_l) > 2 AND {one_off('name', LONGEST)}", 0.10, 0.01),
        level("surname_l = surname_r", 0.04, 0.06),
        otherwise(0.04, 0.93),
    ]
    comparisons = {
        "called": [null("name"), *called],
        "born": [
            null("birth_on"),
            level("birth_on_l = birth_on_r", 0.85, 6e-5),
            level(
                f"damerau_levenshtein({one}, {other}) = 1 OR (year(birth_on_l) = year(birth_on_r) AND"
                " month(birth_on_l) = day(birth_on_r) AND day(birth_on_l) = month(birth_on_r))",
                0.08,
                1.5e-3,
            ),
            level("year(birth_on_l) = year(birth_on_r)", 0.04, 0.02),
            otherwise(0.03, 0.978),
        ],
        "reached": [null("phone"), level("phone_l = phone_r", 0.6, 2e-4), otherwise(0.4, 0.9998)],
        # no two people have one number, so two that are known are never the same
        "numbered": [null("number"), level("number_l = number_r", 0.998, 0.5), otherwise(0.002, 0.5)],
        "sexed": [null("sex"), level("sex_l = sex_r", 0.99, 0.5), otherwise(0.01, 0.5)],
        "place": [null("village"), level("village_l = village_r", 0.7, village), otherwise(0.3, 1 - village)],
        "family": [
            levels.CustomLevel("len(kin_l) = 0 OR len(kin_r) = 0").configure(is_null_level=True),
            level("len(list_intersect(kin_l, kin_r)) > 1", 0.30, 5e-4),
            level("len(list_intersect(kin_l, kin_r)) = 1", 0.35, 0.01),
            otherwise(0.35, 0.99),
        ],
    }
    return SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=min(MOST_LIKELY, 2 * TWICE / many),
        comparisons=[
            CustomComparison(output_column_name=name, comparison_levels=made)
            for name, made in comparisons.items()
        ],
        # only these are compared: each leaves few in a bank of a million
        blocking_rules_to_generate_predictions=[
            block_on("phone"),
            block_on("sound", "village"),
            block_on("sound", "born_in"),
            block_on("surname", "birth_on"),
        ],
        additional_columns_to_retain=["customer"],
        retain_matching_columns=True,
    )
