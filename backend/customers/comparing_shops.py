"""The comparison of all businesses of the bank with one another: which may be the same shop, entered twice.

The model, and why its weights are written down, as for people (`comparing`, decision 0023). Nothing here
knows of the database.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from backend.customers.comparing import MOST_LIKELY, MOST_PAIRS, Desk, Likely, one_off, sound_of

if TYPE_CHECKING:
    import duckdb

#: of how many businesses one is there twice, by which the comparison begins
TWICE = 0.02
#: characters of a name within which one that differs is looked for
LONGEST = 16
#: metres within which two points are one shop's, measured twice by phones; and within which it may be so
AT, NEAR = 60, 300

#: what a shop or firm is, at the end of its name; without it there is left what it is called
KINDS = (
    *(
        "股份有限公司",
        "有限责任公司",
        "有限公司",
        "公司",
        "专业合作社",
        "合作社",
        "家庭农场",
        "农场",
        "个体工商户",
    ),
    *(
        "经营部",
        "批发部",
        "门市部",
        "服务部",
        "小卖部",
        "营业部",
        "修理部",
        "加工厂",
        "加工坊",
        "便利店",
        "百货店",
    ),
    *(
        "副食店",
        "粮油店",
        "农资店",
        "五金店",
        "建材店",
        "早餐店",
        "理发店",
        "修理店",
        "小吃店",
        "卫生室",
        "生活超市",
    ),
    *(
        "超市",
        "商店",
        "商行",
        "商铺",
        "百货",
        "副食",
        "粮油",
        "农资",
        "五金",
        "建材",
        "餐馆",
        "饭店",
        "酒店",
        "小吃",
    ),
    *("药店", "门店", "店", "铺", "馆", "部", "行", "坊", "厂"),
)
_BESIDE = re.compile(r"[\s·,，.。、()（）《》“”\"'-]+")


@dataclass(frozen=True, slots=True)
class Shop:
    """A business as it is compared. WGS-84 degrees. `phones` are blind indexes of its people's, `people` the
    ids of its owners, `called` their names."""

    customer_id: UUID
    grid_id: UUID | None
    name: str
    address: str
    lon: float | None
    lat: float | None
    code: str | None
    phones: Sequence[bytes]
    people: Sequence[UUID]
    called: Sequence[str]


def core_of(name: str) -> str:
    """What a business is called, without what it is: 永福小卖部 and 永福商店 are both 永福."""
    core = _BESIDE.sub("", name)
    while True:
        kind = next((one for one in KINDS if core.endswith(one) and len(core) - len(one) >= 2), None)
        if kind is None:
            return core
        core = core.removesuffix(kind)


class ShopComparison(Desk):
    """Takes the businesses a batch at a time, and says then which may be one."""

    def __init__(self) -> None:
        super().__init__()
        self._con.execute(
            "CREATE TABLE shops (unique_id VARCHAR, village VARCHAR, name VARCHAR, core VARCHAR,"
            " address VARCHAR, lon DOUBLE, lat DOUBLE, code VARCHAR, phones BLOB[], people VARCHAR[],"
            " called VARCHAR[])"
        )
        self.shops = 0

    def add(self, batch: Sequence[Shop]) -> None:
        """More businesses; each is given once."""
        import pyarrow as pa

        strings = pa.list_(pa.string())
        arrow = pa.table(
            {
                "unique_id": pa.array([str(one.customer_id) for one in batch], pa.string()),
                "village": pa.array(
                    [str(one.grid_id) if one.grid_id else None for one in batch], pa.string()
                ),
                "name": pa.array([_BESIDE.sub("", one.name) for one in batch], pa.string()),
                "core": pa.array([" ".join(sound_of(core_of(one.name))) for one in batch], pa.string()),
                "address": pa.array([_BESIDE.sub("", one.address) or None for one in batch], pa.string()),
                "lon": pa.array([one.lon for one in batch], pa.float64()),
                "lat": pa.array([one.lat for one in batch], pa.float64()),
                "code": pa.array([one.code for one in batch], pa.string()),
                "phones": pa.array([list(one.phones) for one in batch], pa.list_(pa.binary())),
                "people": pa.array([[str(each) for each in one.people] for one in batch], strings),
                "called": pa.array(
                    [[" ".join(sound_of(each)) for each in one.called] for one in batch], strings
                ),
            }
        )
        self._con.register("batch", arrow)
        self._con.execute("INSERT INTO shops SELECT * FROM batch")
        self._con.unregister("batch")
        self.shops += len(batch)

    def likely(self, least_per_mille: int) -> list[Likely]:
        """The pairs of at least this likelihood, the likeliest first; two credit codes are two businesses."""
        if self.shops < 2:
            return []
        return _pairs(self._con, self.shops, least_per_mille)


def _pairs(con: "duckdb.DuckDBPyConnection", many: int, least_per_mille: int) -> list[Likely]:
    from splink import DuckDBAPI, Linker

    shared = con.execute(
        "SELECT sum(n * n) / (sum(n) * sum(n)) FROM (SELECT count(*) AS n FROM shops GROUP BY village)"
    ).fetchone()
    village = min(max(float(shared[0]) if shared else 0.5, 1e-4), 0.5)
    api = DuckDBAPI(con)
    linker = Linker(api.register("shops"), _settings(many, village), log_level="ERROR")
    found = linker.inference.predict(threshold_match_probability=least_per_mille / 1000)
    names = ("coded", "titled", "reached", "run", "place")
    rows = con.execute(
        f"SELECT unique_id_l, unique_id_r, match_probability, {', '.join(f'gamma_{one}' for one in names)}"  # noqa: S608
        f" FROM {found.physical_name} WHERE gamma_coded <> 0"
        f" ORDER BY match_probability DESC, unique_id_l, unique_id_r LIMIT {MOST_PAIRS}"
    ).fetchall()
    return [_likely(row) for row in rows]


def _likely(row: Sequence[Any]) -> Likely:
    one, other = sorted((UUID(row[0]), UUID(row[1])))
    coded, titled, reached, run, place = row[3:]
    reasons = [
        "code" if coded == 1 else None,
        "phone" if reached == 1 else None,
        {2: "owner", 1: "owner_name"}.get(run),
        {3: "title", 2: "title_alike", 1: "title_near"}.get(titled),
        {4: "point", 3: "address", 2: "point_near", 1: "village"}.get(place),
    ]
    # nothing is sure: a person decides
    return Likely(one, other, min(999, round(row[2] * 1000)), tuple(one for one in reasons if one))


def _settings(many: int, village: float) -> Any:
    """The model. Each level's two figures: how often it is so where the two are one, and where they are not.
    Of registered names a county has few twice; of points a market street has a dozen within `AT`."""
    import splink.comparison_level_library as levels
    from splink import SettingsCreator, block_on
    from splink.comparison_library import CustomComparison

    def level(sql: str, m: float, u: float, **more: Any) -> Any:
        return levels.CustomLevel(sql).configure(m_probability=m, u_probability=u, **more)

    def otherwise(m: float, u: float) -> Any:
        return levels.ElseLevel().configure(m_probability=m, u_probability=u)

    def null(sql: str) -> Any:
        return levels.CustomLevel(sql).configure(is_null_level=True)

    def none_of(column: str) -> Any:
        return null(f"coalesce(len({column}_l), 0) = 0 OR coalesce(len({column}_r), 0) = 0")

    def both(column: str) -> str:
        return f"len(list_intersect({column}_l, {column}_r)) > 0"

    east, north = "(lon_l - lon_r) * cos(radians((lat_l + lat_r) / 2))", "lat_l - lat_r"
    away = f"111320 * sqrt(power({east}, 2) + power({north}, 2))"
    comparisons = {
        # no two businesses have one code: the register may have one under two customers all the same
        "coded": [
            null("code_l IS NULL OR code_r IS NULL"),
            level("code_l = code_r", 0.98, 1e-6),
            otherwise(0.02, 1.0),
        ],
        "titled": [
            level("name_l = name_r", 0.45, 1e-4, tf_adjustment_column="name"),
            level("core_l = core_r", 0.30, 1e-3, tf_adjustment_column="core"),
            level(f"length(name_l) > 3 AND {one_off('name', LONGEST)}", 0.10, 2e-3),
            otherwise(0.15, 0.9969),
        ],
        "reached": [none_of("phones"), level(both("phones"), 0.6, 2e-4), otherwise(0.4, 0.9998)],
        # who runs one shop runs another now and then
        "run": [
            none_of("people"),
            level(both("people"), 0.25, 2e-4),
            level(both("called"), 0.45, 3e-3),
            otherwise(0.30, 0.9968),
        ],
        "place": [
            null("(lon_l IS NULL OR lon_r IS NULL) AND (village_l IS NULL OR village_r IS NULL)"),
            level(f"{away} <= {AT}", 0.50, 5e-4),
            level("address_l = address_r AND village_l = village_r", 0.10, 5e-4),
            level(f"{away} <= {NEAR}", 0.15, 4e-3),
            level("village_l = village_r", 0.10, village),
            otherwise(0.15, 1 - village),
        ],
    }
    return SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=min(MOST_LIKELY, 2 * TWICE / many),
        comparisons=[
            CustomComparison(output_column_name=name, comparison_levels=made)
            for name, made in comparisons.items()
        ],
        # only these are compared: each leaves few in a county of tens of thousands
        blocking_rules_to_generate_predictions=[
            block_on("code"),
            block_on("core"),
            block_on("village", "address"),
            block_on("phones", arrays_to_explode=["phones"]),
            block_on("people", arrays_to_explode=["people"]),
            block_on("village", "called", arrays_to_explode=["called"]),
        ],
        retain_matching_columns=True,
    )
