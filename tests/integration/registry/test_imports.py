"""Large files come in whole or not at all, and the same file twice changes nothing."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from gridward.registry.v1 import elements_pb2, imports_pb2
from openpyxl import Workbook

from services.platform import errors
from services.registry.domain.coordinates import gcj02_to_bd09, wgs84_to_gcj02
from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERSON, BUILDING = elements_pb2.ELEMENT_KIND_PERSON, elements_pb2.ELEMENT_KIND_BUILDING
HOUSEHOLD, DWELLING = elements_pb2.ELEMENT_KIND_HOUSEHOLD, elements_pb2.ELEMENT_KIND_DWELLING
ORGANISATION, COMPONENT = elements_pb2.ELEMENT_KIND_ORGANISATION, elements_pb2.ELEMENT_KIND_COMPONENT
CSV, XLSX, GEOJSON = imports_pb2.IMPORT_FORMAT_CSV, imports_pb2.IMPORT_FORMAT_XLSX, imports_pb2.IMPORT_FORMAT_GEOJSON
DONE, REFUSED = imports_pb2.IMPORT_STATE_DONE, imports_pb2.IMPORT_STATE_REFUSED
COMMUNITY_PATH = f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}"


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([headings, *rows])
    return text.getvalue().encode()


async def bring(
    person: Person,
    kind: Any,
    content: bytes,
    *,
    format: Any = CSV,
    crs: str = "EPSG:4326",
    piece: int = 50_000,
    **told: Any,
) -> imports_pb2.Import:
    """Import a file and wait until it was read."""
    request = imports_pb2.CreateImportRequest(request_id=uuid4().hex, kind=kind, format=format, crs=crs, **told)
    job = getattr(await person.imports.CreateImport(request), "import")
    for number, start in enumerate(range(0, len(content), piece), start=1):
        await person.imports.AddImportPiece(
            imports_pb2.AddImportPieceRequest(id=job.id, number=number, content=content[start : start + piece])
        )
    await person.imports.RunImport(imports_pb2.RunImportRequest(id=job.id))
    while True:
        told_job = getattr(await person.imports.GetImport(imports_pb2.GetImportRequest(id=job.id)), "import")
        if told_job.state in {DONE, REFUSED}:
            assert isinstance(told_job, imports_pb2.Import)
            return told_job
        await asyncio.sleep(0.02)


def counts(job: imports_pb2.Import) -> tuple[int, int, int, int]:
    return job.created_count, job.updated_count, job.unchanged_count, job.fault_count


def spread(count: int) -> list[tuple[float, float]]:
    """Points over the four grids."""
    return [middle_of(number % 2, number // 2 % 2) for number in range(count)]


@pytest.mark.mechanism(3)
async def test_a_register_of_every_kind_comes_in_with_its_totals_and_again_nothing_is_new(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    special, focus = 703, 32
    buildings = table(["key", "lon", "lat"], [[f"B{n}", *point] for n, point in enumerate(spread(10_083))])
    houses = table(["编号", "所属楼栋"], [[f"H{n}", f"B{n % 10_083}"] for n in range(14_943)])
    tags = ["残疾人"] * special + ["重点信访"] * focus
    people = [[f"4308111990{n:08}", f"H{n % 14_943}", tags[n] if n < len(tags) else ""] for n in range(46_242)]
    units = table(["key", "name", "lon", "lat"], [[f"C{n}", "单位", *point] for n, point in enumerate(spread(1176))])
    files = (
        (BUILDING, buildings, 10_083),
        (DWELLING, houses, 14_943),
        (PERSON, table(["公民身份号码", "所属房屋", "标签"], people), 46_242),
        (ORGANISATION, units, 1176),
    )
    for kind, content, count in files:
        first = await bring(admin, kind, content, piece=300_000)
        assert (first.state, counts(first), list(first.faults)) == (DONE, (count, 0, 0, 0), [])
    for kind, content, count in (files[0], files[3]):
        again = await bring(admin, kind, content, piece=300_000)
        assert (again.state, counts(again)) == (DONE, (0, 0, count, 0))
    again = await bring(admin, PERSON, table(["公民身份号码", "所属房屋", "标签"], people[:5000]))
    assert counts(again) == (0, 0, 5000, 0)
    figures = await admin.elements.CountElements(elements_pb2.CountElementsRequest(area_code=CITY))
    told = {row.code: row.count for row in figures.kinds}
    assert [told[kind] for kind in ("building", "dwelling", "person", "organisation")] == [10_083, 14_943, 46_242, 1176]
    assert {row.code: row.count for row in figures.tags} == {"disabled": special, "petitioner": focus}
    assert figures.headcount == 46_242


async def test_a_changed_row_changes_its_entry_and_nothing_else(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    headings = ["key", "name", "longitude", "latitude"]
    rows = [[f"X{n}", f"楼{n}", *middle_of(0, 0)] for n in range(20)]
    await bring(admin, BUILDING, table(headings, rows))
    rows[7][1] = "新楼"
    rows.append(["X20", "楼20", *middle_of(0, 0)])
    assert counts(await bring(admin, BUILDING, table(headings, rows))) == (1, 1, 19, 0)


async def test_a_dry_run_finds_every_fault_and_stores_nothing(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    before = await town_hall.rows("SELECT count(*) AS n FROM element")
    headings = ["姓名", "公民身份号码", "出生日期", "经度", "纬度", "所属户"]
    good = ["李一", "430811199001010001", "1990-01-01", *middle_of(0, 0), ""]
    rows = [
        good,
        ["李二", "430811199001010002", "1990-13-01", *middle_of(0, 0), ""],
        ["李三", "430811199001010003", "", 10.0, 10.0, ""],
        ["李四", "430811199001010004", "", "", "", "no-such-household"],
        ["李五", "430811199001010001", "", *middle_of(0, 0), ""],
        ["李六", "430811199001010006", "", "", "", ""],
    ]
    told = await bring(admin, PERSON, table(headings, rows), dry_run=True)
    assert told.state == REFUSED
    assert [(fault.row, fault.column, fault.reason) for fault in told.faults] == [
        (3, "出生日期", "NOT_A_DATE"),
        (4, "经度", "OUT_OF_AREA"),
        (5, "所属户", "CONTAINER_UNKNOWN"),
        (6, "公民身份号码", "KEY_TWICE"),
        (7, "纬度", "MISSING"),
    ]
    clean = await bring(admin, PERSON, table(headings, [good]), dry_run=True)
    assert (clean.state, counts(clean)) == (DONE, (1, 0, 0, 0))
    real = await bring(admin, PERSON, table(headings, rows))
    assert real.state == REFUSED
    assert await town_hall.rows("SELECT count(*) AS n FROM element") == before


@pytest.mark.parametrize(
    ("format", "content", "reason"),
    [
        (CSV, b'key,name\n1,"never closed\n', "UNREADABLE"),
        (CSV, b"key,shoe size\n1,2\n", "UNKNOWN_COLUMN"),
        (XLSX, b"PK not a workbook", "UNREADABLE"),
        (GEOJSON, b'{"type": "FeatureCollection"}', "UNREADABLE"),
    ],
)
async def test_a_broken_file_is_refused_with_a_reason(
    town_hall: Registry, format: Any, content: bytes, reason: str
) -> None:
    told = await bring(await town_hall.service("demo"), BUILDING, content, format=format)
    assert (told.state, told.faults[0].reason) == (REFUSED, reason)


@pytest.mark.parametrize("crs", ["EPSG:4326", "CGCS2000", "GCJ-02", "BD-09"])
async def test_points_of_every_system_end_up_in_their_grid(town_hall: Registry, crs: str) -> None:
    admin = await town_hall.service("demo")
    where = np.array([middle_of(1, 1)])
    shifted = {"GCJ-02": wgs84_to_gcj02(where), "BD-09": gcj02_to_bd09(wgs84_to_gcj02(where))}.get(crs, where)
    feature = {
        "type": "Feature",
        "properties": {"key": f"43081101370000{len(crs):02}", "class_code": "0137", "name": crs},
        "geometry": {"type": "Point", "coordinates": shifted[0].tolist()},
    }
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    assert (await bring(admin, COMPONENT, content, format=GEOJSON, crs=crs)).state == DONE
    listed = await admin.elements.ListElements(elements_pb2.ListElementsRequest(kind=COMPONENT, area_code=grid_code(3)))
    (lamp,) = [element for element in listed.elements if element.name == crs]
    assert (lamp.point.longitude_deg, lamp.point.latitude_deg) == pytest.approx(middle_of(1, 1), abs=1e-7)


async def test_a_workbook_comes_in_too(town_hall: Registry) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (["编号", "名称", "经度", "纬度", "层数"], ["E1", "甲楼", *middle_of(0, 0), 6]):
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    told = await bring(await town_hall.service("demo"), BUILDING, file.getvalue(), format=XLSX)
    assert (told.state, counts(told)) == (DONE, (1, 0, 0, 0))


async def test_nobody_imports_beyond_reach_nor_sees_the_imports_of_others(town_hall: Registry) -> None:
    clerk = await town_hall.person("community_admin", f"{COMMUNITY_PATH}", subject="staff:C1")
    steward = await town_hall.person("data_steward", f"{COMMUNITY_PATH}.{grid_code(0)}", subject="staff:D1")
    headings = ["key", "name", "longitude", "latitude"]
    told = await bring(steward, BUILDING, table(headings, [["N1", "邻家", *middle_of(1, 0)]]))
    assert [fault.reason for fault in told.faults] == ["BEYOND_REACH"]
    with pytest.raises(errors.NotFound):
        await clerk.imports.GetImport(imports_pb2.GetImportRequest(id=told.id))
    assert told.id not in {
        job.id for job in (await clerk.imports.ListImports(imports_pb2.ListImportsRequest())).imports
    }
    with pytest.raises(errors.Forbidden):
        await (await town_hall.person("resident", CITY)).imports.ListImports(imports_pb2.ListImportsRequest())


async def test_pieces_are_sealed_counted_once_and_gone_when_read(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    request = imports_pb2.CreateImportRequest(request_id=uuid4().hex, kind=PERSON, format=CSV, crs="EPSG:4326")
    job = getattr(await admin.imports.CreateImport(request), "import")
    piece = imports_pb2.AddImportPieceRequest(id=job.id, number=1, content="姓名\n王不见\n".encode())
    assert (await admin.imports.AddImportPiece(piece)).size_bytes == len(piece.content)
    assert (await admin.imports.AddImportPiece(piece)).size_bytes == len(piece.content)
    kept = await town_hall.rows("SELECT encode(content, 'hex') AS hex FROM import_piece")
    assert kept
    assert not [row for row in kept if "王不见".encode().hex() in row["hex"]]
    with pytest.raises(errors.Conflict):
        await admin.imports.AddImportPiece(imports_pb2.AddImportPieceRequest(id=job.id, number=3, content=b"gap"))
    other = await bring(admin, BUILDING, table(["key", "longitude", "latitude"], [["P1", *middle_of(0, 0)]]))
    assert other.state == DONE
    left = await town_hall.rows(f"SELECT 1 AS one FROM import_piece WHERE job_id = '{other.id}'")
    assert left == []
