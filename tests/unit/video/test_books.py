"""A spreadsheet of cameras: what can be read becomes cameras, and every cell that cannot is named."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from services.platform.sheets import SheetUnreadable, rows_of
from services.video.domain.books import ROWS_MAX, read, with_credentials

HEAD = "编号,名称,经度,纬度,网格编码,国标编码,视频地址,用户名,密码,预置位,朝向,备注"


def faults(*lines: str) -> list[tuple[int, str, str, str]]:
    sheet = read(rows_of("\n".join([HEAD, *lines]).encode()))
    return [(fault.row, fault.column, fault.reason, fault.value) for fault in sheet.faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_row_is_a_camera_whatever_the_file_is_written_in(encoding: str) -> None:
    line = "CAM1,松风路口,119.8,38.6,,34020000001320000001,rtsp://10.0.0.1/live,patrol,p@ss:w/d,东;西、东,90,旧"
    sheet = read(rows_of(f"{HEAD}\n{line}\n\n".encode(encoding)))
    [entry] = sheet.entries
    camera = entry.camera
    assert (camera.id, camera.name, camera.grid_code, camera.gb_code) == (
        "CAM1",
        "松风路口",
        "",
        "34020000001320000001",
    )
    assert (camera.place.longitude_deg, camera.place.latitude_deg, camera.azimuth_deg) == (119.8, 38.6, 90.0)
    assert (camera.presets, entry.user, entry.password) == (("东", "西"), "patrol", "p@ss:w/d")
    assert (sheet.ignored, sheet.faults) == (["备注"], [])


def test_a_workbook_is_read_like_a_text() -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["id", "name", "lon", "lat"])
    book.active.append(["CAM1", "东门", 119.8, 38.6])
    content = BytesIO()
    book.save(content)
    [entry] = read(rows_of(content.getvalue())).entries
    assert (entry.row, entry.camera.place.longitude_deg) == (2, 119.8)


def test_every_cell_that_cannot_be_used_is_named_and_no_secret_is_repeated() -> None:
    assert faults(
        "CAM1,东门,119.8,91,,,,,,,,",
        ",西门,abc,38.6,,123,,,,,,",
        "CAM3,北门,119.8,38.6,,,,patrol,s3cret,,,",
        f"CAM4,南门,119.8,38.6,,,rtsp://a:s3cret@{'x' * 500},,,,nan,",
    ) == [
        (2, "纬度", "OUT_OF_RANGE", "91"),
        (3, "编号", "MISSING", ""),
        (3, "经度", "NOT_A_NUMBER", "abc"),
        (3, "国标编码", "GB_CODE", "123"),
        (4, "视频地址", "MISSING", ""),
        (5, "视频地址", "TOO_LONG", ""),
        (5, "朝向", "NOT_A_NUMBER", "nan"),
    ]


def test_an_id_or_national_code_in_two_rows_is_a_fault_of_the_second() -> None:
    code = "34020000001320000001"
    assert faults(f"CAM1,东,119.8,38.6,,{code}", "CAM1,西,119.8,38.6", f"CAM2,南,119.8,38.6,,{code}") == [
        (3, "编号", "GIVEN_TWICE", "CAM1"),
        (4, "国标编码", "GIVEN_TWICE", code),
    ]


@pytest.mark.parametrize(
    "content",
    [b"", "编号,名称\nCAM1,东门".encode(), b"PK\x03\x04 no workbook", b"id,name,lon,lat\n\xff\xff\xff", b"\0,\0"],
    ids=["nothing", "columns are missing", "a broken workbook", "no known encoding", "no text"],
)
def test_what_is_no_list_of_cameras_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(SheetUnreadable):
        read(rows_of(content))


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    def endless() -> list[list[str]]:
        head = ["id", "name", "lon", "lat"]
        return [head, *([f"C{number}", "x", "1", "1"] for number in range(ROWS_MAX + 1))]

    with pytest.raises(SheetUnreadable, match="too many rows"):
        read(endless())


@given(st.binary(max_size=300))
def test_whatever_is_sent_is_read_or_refused(content: bytes) -> None:
    try:
        sheet = read(rows_of(content))
    except SheetUnreadable:
        return
    assert sheet.headings


@pytest.mark.parametrize(
    ("address", "user", "password", "made"),
    [
        ("rtsp://10.0.0.1:554/live?a=1", "patrol", "p@ss:w/d", "rtsp://patrol:p%40ss%3Aw%2Fd@10.0.0.1:554/live?a=1"),
        ("rtsp://old:older@10.0.0.1/live", "new", "newer", "rtsp://new:newer@10.0.0.1/live"),
        ("rtsp://old:older@10.0.0.1/live", "", "", "rtsp://old:older@10.0.0.1/live"),
        ("", "patrol", "s3cret", ""),
    ],
)
def test_name_and_password_are_put_into_the_address(address: str, user: str, password: str, made: str) -> None:
    assert with_credentials(address, user=user, password=password) == made
