"""Files come apart into the same rows however they are cut into pieces, and broken ones say where."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from services.registry.domain.importing import Columns, RowFault
from services.registry.domain.schema import ElementKind
from services.registry.domain.tabular import CsvReader, GeoJsonReader, RawRow, RowReader, Unreadable, read_workbook

CELLS = st.text(alphabet="ab号楼,\"'\n 1;", max_size=8)


def rows_of(reader: RowReader, content: bytes, size: int) -> list[RawRow]:
    rows = [row for start in range(0, len(content), size) for row in reader.feed(content[start : start + size])]
    return rows + reader.finish()


def as_csv(table: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue()


@given(st.lists(st.tuples(CELLS, CELLS), max_size=12), st.integers(1, 40), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_pieces_of_any_size_give_the_rows_that_csv_gives(
    table: list[tuple[str, str]], size: int, encoding: str
) -> None:
    text = as_csv([["key", "name"], *([a, b] for a, b in table)])
    told = [(row.cells["key"], row.cells["name"]) for row in rows_of(CsvReader(), text.encode(encoding), size)]
    assert told[1:] == [row for row in table if any(row)]


def test_old_chinese_text_is_understood() -> None:
    content = as_csv([["编号", "名称"], ["1", "松风里"]]).encode("gb18030")
    assert [dict(row.cells) for row in rows_of(CsvReader(), content, 1000)][1] == {"编号": "1", "名称": "松风里"}


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "名"]), CELLS, max_size=3), max_size=8), st.integers(1, 60))
def test_features_come_out_one_by_one_however_the_file_is_cut(table: list[dict[str, str]], size: int) -> None:
    features = [
        {"type": "Feature", "properties": row, "geometry": {"type": "Point", "coordinates": [number, 1]}}
        for number, row in enumerate(table)
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
    rows = rows_of(GeoJsonReader(), content, size)
    assert [{k: v for k, v in row.cells.items() if k not in {"longitude", "latitude"}} for row in rows] == table
    assert [float(row.cells["longitude"]) for row in rows] == [float(number) for number in range(len(table))]


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (b'key,name\n1,"open\n', 2),
        (b"key,name\n1,2,3\n", 2),
        ("编号\n".encode("gb18030") + b"\xff\xff\n", 1),
        (b"key\n" + "号".encode()[:2], 1),
    ],
)
def test_a_broken_table_says_in_which_row(content: bytes, row: int) -> None:
    with pytest.raises(Unreadable) as broken:
        rows_of(CsvReader(), content, 7)
    assert broken.value.row == row


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b'{"features": [', b'{"features": [{"type": "Feature"}]}', b'{"features": [{]}', b"\xff\xfe"],
)
def test_a_broken_map_file_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        rows_of(GeoJsonReader(), content, 5)


def test_a_workbook_gives_its_first_sheet_and_what_is_none_is_refused() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (["编号", "层数", None], ["B1", 6.0, None], [None, None, None], ["B2", 2.5, None]):
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    assert [(row.number, dict(row.cells)) for row in read_workbook(file)][1:] == [
        (2, {"编号": "B1", "层数": "6"}),
        (4, {"编号": "B2", "层数": "2.5"}),
    ]
    with pytest.raises(Unreadable):
        list(read_workbook(io.BytesIO(b"PK\x03\x04 not a workbook")))


def test_headings_are_known_by_code_by_chinese_name_and_by_what_they_are_said_to_mean() -> None:
    columns = Columns(
        ElementKind.BUILDING, ["编号", "name", "层数", "盖楼年", "备注"], {"盖楼年": "built_year", "备注": "-"}
    )
    assert columns.faults == []
    faults: list[RowFault] = []
    row = columns.read(RawRow(number=2, cells={"编号": "B1", "name": "一号楼", "层数": "6", "盖楼年": "1999"}), faults)
    assert row is not None
    assert (row.draft.key, row.draft.name, dict(row.draft.items)) == (
        "B1",
        "一号楼",
        {"floors": "6", "built_year": "1999"},
    )
    strange = Columns(ElementKind.BUILDING, ["编号", "key", "血压"], {})
    assert [(fault.column, fault.reason) for fault in strange.faults] == [
        ("key", "COLUMN_TWICE"),
        ("血压", "UNKNOWN_COLUMN"),
    ]


def test_every_fault_of_a_row_names_its_column_and_no_personal_value() -> None:
    columns = Columns(ElementKind.PERSON, ["姓名", "出生日期", "联系电话", "经度", "纬度", "标签"], {})
    faults: list[RowFault] = []
    cells = {
        "姓名": "李小明",
        "出生日期": "昨天",
        "联系电话": "保密的号码",
        "经度": "east",
        "纬度": "1",
        "标签": "低保 巨人",
    }
    assert columns.read(RawRow(number=9, cells=cells), faults) is None
    assert [(fault.row, fault.column, fault.reason) for fault in faults] == [
        (9, "经度", "NOT_A_NUMBER"),
        (9, "出生日期", "NOT_A_DATE"),
        (9, "联系电话", "NOT_A_PHONE"),
        (9, "标签", "REFUSED"),
    ]
    assert not [fault for fault in faults if "保密" in fault.message or "昨天" in fault.message]
