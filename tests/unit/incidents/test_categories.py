"""The classes that come with the program, the words that mean them, and what a spreadsheet is told."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from services.incidents.categories.domain import Category, Edition, Kind, Line, edition_on, read_lines
from services.incidents.categories.sheets import SheetUnreadable, lines_of
from services.incidents.categories.store import built_in, built_in_edition
from services.incidents.domain.limits import Limit


def test_the_program_brings_92_component_and_98_event_classes_each_with_a_time() -> None:
    classes = built_in()
    assert Counter(category.kind for category in classes) == {Kind.COMPONENT: 92, Kind.EVENT: 98}
    assert len({category.code for category in classes}) == 190
    assert all(category.limits and category.keywords and category.name_en for category in classes)
    by_code = {category.code: category for category in classes}
    assert by_code["E0506"].limits[0].limit == Limit.of(2, "urgent_hour")
    assert [limit.limit.unit for limit in by_code["C0102"].limits] == [
        "urgent_hour",
        "work_hour",
        "work_day",
        "work_day",
    ]
    assert (by_code["E0496"].local, by_code["E0406"].local) == (True, False)
    assert built_in_edition().class_count == 190


def test_every_fault_of_a_sheet_is_listed_with_its_line() -> None:
    lines = [
        Line(number=2, code="C0101", name="上水井盖", limits="缺失:2uh；破损：4工作时"),
        Line(number=3, code="X1", name="什么"),
        Line(number=4, code="C9901", name="什么"),
        Line(number=5, code="C0101", name="再来"),
        Line(number=6, code="C0102", name=""),
        Line(number=7, code="C0103", name="上水井盖"),
        Line(number=8, code="C0104", name="雨水箅子", limits="缺失:2uhh;2uh;堵塞:0wd"),
    ]
    reading = read_lines(lines, before={}, used={})
    assert [(fault.line, fault.field) for fault in reading.faults] == [
        (3, "code"),
        (4, "code"),
        (5, "code"),
        (6, "name"),
        (7, "name"),
        (8, "limits"),
        (8, "limits"),
        (8, "limits"),
    ]
    first = reading.categories[0]
    assert [limit.limit for limit in first.limits] == [
        Limit.of(Decimal(2), "urgent_hour"),
        Limit.of(Decimal(4), "work_hour"),
    ]


def test_a_class_in_use_is_never_lost() -> None:
    before = {"E0110": Category(code="E0110", name="暴露生活垃圾"), "E0112": Category(code="E0112", name="道路不洁")}
    reading = read_lines(
        [Line(number=2, code="E0113", name="道路破损")], before=before, used={"E0110": "exposed_garbage"}
    )
    assert {category.code: category.retired for category in reading.categories} == {"E0113": False, "E0110": True}
    assert "exposed_garbage" in reading.notes[0].problem
    assert reading.faults == ()


def test_the_edition_that_began_last_counts_and_of_two_the_newer() -> None:
    def edition(version: int, day: date) -> Edition:
        return Edition(version=version, title="", effective_from=day, class_count=1, created_by="")

    spring, late, corrected = (
        edition(1, date(2026, 3, 1)),
        edition(2, date(2026, 6, 1)),
        edition(3, date(2026, 3, 1)),
    )
    editions = [spring, late, corrected, built_in_edition()]
    assert edition_on(date(2026, 2, 28), editions) == built_in_edition()
    assert edition_on(date(2026, 3, 1), editions) == corrected
    assert edition_on(date(2026, 7, 1), editions) == late


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"PK\x03\x04nothing", b"a,b\n1,2\n", "代码\nC0101\n".encode(), b""],
)
def test_what_is_no_sheet_of_classes_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(SheetUnreadable):
        lines_of(content)


def test_columns_may_be_named_in_chinese_and_stand_in_any_order() -> None:
    lines = lines_of("名称,备注,代码\n上水井盖,x,C0101\n,,\n".encode("utf-8-sig"))
    assert lines == [Line(number=2, code="C0101", name="上水井盖")]
