"""What the union refuses, before anything is worked out, and what it says to do. No Spark runs here."""

import asyncio
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pyarrow as pa
import pytest
from pyarrow import parquet

from backend.embedded import Urls
from backend.strategy.api import recompute_all
from backend.strategy.documents import shipped_files
from backend.strategy.engine import shipped_catalogue
from backend.strategy.union.export import export
from backend.strategy.union.java import require_java
from backend.strategy.union.layout import (
    IN_FORCE,
    MANIFEST,
    PARTS,
    SHARED,
    Manifest,
    UnionError,
    checked_name,
    opened,
    part_name,
    schema_of,
)
from backend.strategy.union.running import run
from backend.strategy.union.session import session
from tests.backend.strategy.test_everybody import peopled
from tests.backend.strategy.town import Town

DAY = date(2026, 11, 30)


def export_of(folder: Path, bank: str, **changes: Any) -> Path:
    """An export of one customer with nothing beside, as a bank makes it. `changes` to its manifest."""
    at = folder / bank
    rows = {}
    for source in shipped_catalogue().sources.values():
        table = schema_of(source).empty_table()
        if source.name == "customer":
            one: dict[str, Any] = {"customer_id": f"{bank:0>36}", "bank": bank, "kind": "household"}
            table = pa.Table.from_pylist([one], schema_of(source))
        rows[source.name] = write(at / source.name, table)
    for name, schema in SHARED.items():
        rows[name] = write(at / name, schema.empty_table())
    rows[IN_FORCE] = write(at / IN_FORCE, pa.table({"customer_id": pa.array([], pa.string())}))
    made = Manifest(bank, DAY, shipped_files(), rows)
    (at / MANIFEST).write_bytes(msgspec.json.encode(msgspec.structs.replace(made, **changes)))
    return at


def write(folder: Path, table: pa.Table) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, folder / "part-00.parquet")
    return int(table.num_rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Exports of two banks that fit together."""
    export_of(tmp_path / "banks", "huaxi")
    export_of(tmp_path / "banks", "tongshan")
    return tmp_path / "banks"


async def test_what_a_bank_exports_can_be_taken(town: Town, databases: Urls, tmp_path: Path) -> None:
    ids = await peopled(town)
    await recompute_all(town.db)
    folder = tmp_path / "banks"
    made = await asyncio.to_thread(
        export, databases.nightly, "huaxi", folder, shipped_files(), DAY, "Asia/Shanghai"
    )
    assert made.rows["customer"] == made.rows[IN_FORCE] == len(ids) == 7
    union = opened(folder)
    files = union.files("customer", range(PARTS))
    found = [row for path in files for row in parquet.ParquetFile(path).read().to_pylist()]
    assert {UUID(row["customer_id"]) for row in found} == set(ids)
    assert {row["bank"] for row in found} == {"huaxi"}
    for path in files:
        (row, *_) = parquet.ParquetFile(path).read().to_pylist()
        assert path.name == part_name(UUID(row["customer_id"]).bytes[-1] % PARTS)
    assert folder.stat().st_mode & 0o077 == 0
    assert [path.name for path in folder.iterdir()] == ["huaxi"]
    with pytest.raises(UnionError, match="is there already"):
        export(databases.nightly, "huaxi", folder, shipped_files(), DAY, "Asia/Shanghai")


def test_exports_that_fit_together_are_taken(folder: Path) -> None:
    union = opened(folder)
    assert [bank.bank for bank in union.banks] == ["huaxi", "tongshan"]
    assert union.as_of == DAY
    assert union.catalogue.digest == shipped_catalogue().digest
    assert union.files("loan", [0, 1]) == [
        folder / bank / "loan/part-00.parquet" for bank in ("huaxi", "tongshan")
    ]


def test_a_source_that_is_missing_is_named(folder: Path) -> None:
    (folder / "tongshan/loan/part-00.parquet").unlink()
    with pytest.raises(
        UnionError, match=r"tongshan lacks loan: there is no Parquet file in .*/tongshan/loan"
    ):
        opened(folder)


def test_a_column_of_another_type_is_named(folder: Path) -> None:
    wrong = schema_of(shipped_catalogue().sources["loan"])
    place = wrong.get_field_index("balance_fen")
    write(folder / "huaxi/loan", wrong.set(place, pa.field("balance_fen", pa.float64())).empty_table())
    with pytest.raises(
        UnionError, match=r"huaxi/loan/part-00.parquet: balance_fen is double instead of int64"
    ):
        opened(folder)


def test_a_column_that_is_missing_is_named(folder: Path) -> None:
    whole = schema_of(shipped_catalogue().sources["loan"])
    write(folder / "huaxi/loan", whole.remove(whole.get_field_index("due_on")).empty_table())
    with pytest.raises(UnionError, match="there is no column due_on"):
        opened(folder)


def test_a_file_that_was_lost_or_cut_off_is_noticed(folder: Path) -> None:
    source = shipped_catalogue().sources["customer"]
    write(folder / "huaxi/customer", schema_of(source).empty_table())
    with pytest.raises(UnionError, match="huaxi/customer has 0 rows where 1 were exported"):
        opened(folder)
    (folder / "huaxi/customer/part-00.parquet").write_bytes(b"PAR1 half")
    with pytest.raises(UnionError, match="is no Parquet file or was cut off"):
        opened(folder)


def test_exports_that_do_not_fit_together_are_refused(folder: Path) -> None:
    files = shipped_files()
    files["rhythms/rhythm.yaml"] += "\n# another\n"
    export_of(folder, "tongshan", catalogue=files)
    with pytest.raises(UnionError, match="tongshan: exported with another catalogue than huaxi"):
        opened(folder)
    export_of(folder, "tongshan", as_of=date(2026, 11, 29))
    with pytest.raises(UnionError, match=r"several days \(huaxi 2026-11-30, tongshan 2026-11-29\).*--as-of"):
        opened(folder)
    assert opened(folder, DAY).as_of == DAY


def test_a_folder_without_exports_or_with_another_name_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnionError, match="No bank's export lies in"):
        opened(tmp_path / "elsewhere")
    (folder / "huaxi").rename(folder / "xian")
    with pytest.raises(UnionError, match="holds the export of huaxi"):
        opened(folder)
    (folder / f"xian/{MANIFEST}").write_text("{}")
    with pytest.raises(UnionError, match="cannot be read"):
        opened(folder)


def test_a_bank_that_is_there_twice_is_told(folder: Path, tmp_path: Path) -> None:
    source = shipped_catalogue().sources["customer"]
    one = {"customer_id": f"{'huaxi':0>36}", "bank": "tongshan", "kind": "household"}
    write(folder / "tongshan/customer", pa.Table.from_pylist([one], schema_of(source)))
    with pytest.raises(UnionError, match=r"exported twice: 0+huaxi \(huaxi, tongshan\)"):
        run(folder, tmp_path / "out", "local[1]", "spark")
    assert not (tmp_path / "out").exists()


def test_results_that_are_there_are_not_written_over(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(UnionError, match="is there already"):
        run(folder, tmp_path / "out", "local[1]", "spark")


@pytest.mark.parametrize("name", ["", "华西", "Huaxi", "../up", "a b", "in_force", "bank=1"])
def test_a_banks_name_is_a_folders_name(name: str) -> None:
    with pytest.raises(UnionError, match="cannot be a bank's name"):
        checked_name(name)


def test_without_java_it_says_what_to_install(tmp_path: Path) -> None:
    for environ in ({"PATH": str(tmp_path)}, {"JAVA_HOME": str(tmp_path), "PATH": "/usr/bin"}):
        with pytest.raises(UnionError, match=r"no Java .*apt install openjdk-17-jre-headless"):
            require_java(environ)


@pytest.mark.parametrize(
    ("says", "taken"),
    [
        ('openjdk version "1.8.0_462"', False),
        ('openjdk version "11.0.28" 2025-07-15', False),
        ("", False),
        ('openjdk version "17.0.15" 2025-04-15', True),
        ('openjdk version "21" 2023-09-19', True),
    ],
)
def test_an_old_java_is_refused(says: str, taken: bool, tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    java.chmod(0o755)
    environ = {"PATH": str(tmp_path)}
    if taken:
        assert require_java(environ) == java
    else:
        with pytest.raises(UnionError, match=re.escape(str(java)) + " is no Java for Spark"):
            require_java(environ)


def test_without_spark_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(UnionError, match=re.escape("pip install 'tiange[spark]'")), session("local[1]"):
        pass
