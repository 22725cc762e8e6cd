"""Whatever is in a file, it is read or refused, and the one after it is read as well."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gridward.registry.v1 import elements_pb2

from services.registry.actions.reading import Reading
from services.registry.store import imports as store
from tests.integration.registry.conftest import Registry
from tests.integration.registry.test_imports import (
    BUILDING,
    CSV,
    DONE,
    GEOJSON,
    PERSON,
    REFUSED,
    XLSX,
    bring,
    counts,
    table,
)
from tests.unit.registry.builders import CITY, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEADINGS = ["key", "name", "longitude", "latitude"]


def collection(*properties: Any) -> bytes:
    point = {"type": "Point", "coordinates": middle_of(0, 0)}
    features = [{"type": "Feature", "properties": each, "geometry": point} for each in properties]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def rows(*names: str, prefix: str = "K") -> bytes:
    return table(HEADINGS, [[f"{prefix}{number}", name, *middle_of(0, 0)] for number, name in enumerate(names)])


@pytest.mark.parametrize(
    ("kind", "format", "content", "faults"),
    [
        pytest.param(BUILDING, CSV, rows("甲", "乙\0", "丙"), [(3, "UNREADABLE")], id="a character that is no text"),
        pytest.param(BUILDING, CSV, b"\xff\xfe\xff\xff" * 50, [(1, "UNREADABLE")], id="no text at all"),
        pytest.param(BUILDING, CSV, b"key,name\n1,2,3\n", [(2, "UNREADABLE")], id="more cells than headings"),
        pytest.param(BUILDING, CSV, b"key,name\n1,\n", [(2, "MISSING")], id="no place"),
        pytest.param(PERSON, CSV, rows("甲"), [(2, "NOT_A_IDENTITY_NUMBER")], id="a key that no person has"),
        pytest.param(
            PERSON,
            CSV,
            table(["姓名", "经度", "纬度"], [["长" * 501, *middle_of(0, 0)]]),
            [(2, "NOT_A_NAME")],
            id="long",
        ),
        pytest.param(
            PERSON, CSV, table(["编号", "公民身份号码"], [["1", "2"]]), [(1, "COLUMN_TWICE")], id="two identity numbers"
        ),
        pytest.param(
            BUILDING,
            CSV,
            table(HEADINGS, [["N1", "甲", "nan", "inf"]]),
            [(2, "OUT_OF_RANGE")],
            id="no number of degrees",
        ),
        pytest.param(BUILDING, GEOJSON, collection({"key": "G\0"}), [(1, "UNREADABLE")], id="the same in GeoJSON"),
        pytest.param(
            BUILDING, GEOJSON, collection({"key": "G1"}, {"name": "\ud83d"}), [(2, "UNREADABLE")], id="half a character"
        ),
        pytest.param(
            BUILDING, GEOJSON, b'{"features": [' + b"[" * 200_000, [(1, "UNREADABLE")], id="brackets without end"
        ),
        pytest.param(BUILDING, GEOJSON, collection({"key": "G1"})[:-3], [(1, "UNREADABLE")], id="cut off"),
        pytest.param(BUILDING, XLSX, b"PK\x03\x04" + bytes(100), [(1, "UNREADABLE")], id="no workbook"),
    ],
)
async def test_a_file_is_refused_where_it_is_broken(
    town_hall: Registry, kind: Any, format: Any, content: bytes, faults: list[tuple[int, str]]
) -> None:
    told = await bring(await town_hall.service("demo"), kind, content, format=format, piece=90_000)
    assert told.state == REFUSED
    assert [(fault.row, fault.reason) for fault in told.faults] == faults


async def test_what_is_written_strangely_is_kept_as_it_was_written(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    names = ['{"a",b}', "a\\b'c\\N", 'say "no"', "一,二;三", "line\r\nbreak", "NULL", "\\."]
    assert counts(await bring(admin, BUILDING, rows(*names))) == (len(names), 0, 0, 0)
    listed = await admin.elements.ListElements(elements_pb2.ListElementsRequest(kind=BUILDING, area_code=CITY))
    assert {each.name for each in listed.elements if each.key.startswith("K")} == set(names)
    assert counts(await bring(admin, BUILDING, rows(*names))) == (0, 0, len(names), 0)
    blanks = await town_hall.rows(
        "SELECT 1 AS one FROM element WHERE key = 'K0' AND address = '' AND within_id IS NULL"
    )
    assert len(blanks) == 1


async def test_a_reader_that_breaks_refuses_its_file_and_reads_the_next(
    town_hall: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await town_hall.service("demo")

    async def broken(reading: Reading) -> None:
        raise RuntimeError(reading)

    with monkeypatch.context() as patched:
        patched.setattr(Reading, "read", broken)
        told = await bring(admin, BUILDING, rows("甲"))
    assert (told.state, told.faults[0].reason) == (REFUSED, "READING_BROKE")
    assert (await bring(admin, BUILDING, rows("甲"), dry_run=True)).state == DONE


async def test_what_somebody_changes_meanwhile_is_read_anew_and_not_lost(
    town_hall: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await town_hall.service("demo")
    await bring(admin, BUILDING, rows("甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", prefix="M"))
    hold = store.hold

    async def late(transaction: Any, elements: Any) -> None:
        if not found:
            listed = await admin.elements.ListElements(elements_pb2.ListElementsRequest(kind=BUILDING, area_code=CITY))
            found.extend(each for each in listed.elements if each.key == "M7")
            saved = elements_pb2.Element(kind=BUILDING, id=found[0].id, address="口令街7号", version=found[0].version)
            await admin.elements.SaveElement(elements_pb2.SaveElementRequest(request_id="meanwhile-1", element=saved))
        await hold(transaction, elements)

    found: list[elements_pb2.Element] = []
    monkeypatch.setattr(store, "hold", late)
    told = await bring(admin, BUILDING, rows("甲", "乙", "丙", "丁", "戊", "己", "庚", "新", prefix="M"))
    assert (told.state, counts(told)) == (DONE, (0, 1, 7, 0))
    row = await town_hall.rows("SELECT name, address FROM element WHERE key = 'M7'")
    assert row == [{"name": "新", "address": "口令街7号"}]
