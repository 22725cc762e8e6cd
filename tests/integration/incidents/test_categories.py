"""The classes through the door: listed, suggested, and brought anew in a spreadsheet."""

from __future__ import annotations

import io

import pytest
from gridward.incidents.v1 import categories_pb2, categories_pb2_grpc
from openpyxl import Workbook

from services.platform import errors
from services.platform.identity import Caller
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall


def categories(hall: Hall, caller: Caller) -> categories_pb2_grpc.CategoriesServiceAsyncStub:
    hall.stub(caller)
    return categories_pb2_grpc.CategoriesServiceStub(hall.channels[repr(caller)])


def chief(hall: Hall) -> categories_pb2_grpc.CategoriesServiceAsyncStub:
    return categories(hall, hall.person("duty_chief", subject="chief-1"))


def workbook(*rows: tuple[str, ...]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("代码", "名称", "英文名", "时限", "关键词"), *rows):
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def brought(content: bytes, **fields: object) -> categories_pb2.ImportCategoriesRequest:
    return categories_pb2.ImportCategoriesRequest(
        **{
            "request_id": town.request_id(),
            "content": content,
            "title": "本市2026版",
            "effective_from": "2026-03-02",
            **fields,
        }  # type: ignore[arg-type]
    )


async def test_until_a_city_brings_its_own_the_classes_of_the_program_count(still: Hall) -> None:
    answer = await categories(still, still.resident).ListCategories(
        categories_pb2.ListCategoriesRequest(kind=categories_pb2.CATEGORY_KIND_EVENT)
    )
    assert (answer.edition.version, answer.edition.class_count, answer.edition.counts_today) == (0, 190, True)
    assert len(answer.categories) == 98
    ponding = next(each for each in answer.categories if each.code == "E0506")
    assert (ponding.major_name, ponding.major_name_en) == ("突发事件", "Emergencies")


async def test_words_lead_to_a_class_and_the_task_types_that_serve_it(still: Hall) -> None:
    request = categories_pb2.SuggestCategoriesRequest(text="楼下生活垃圾堆在路边好几天了")
    answer = await categories(still, still.resident).SuggestCategories(request)
    assert answer.suggestions[0].category.code == "E0110"
    assert list(answer.suggestions[0].task_types) == [town.GARBAGE]
    lamp = await categories(still, still.resident).SuggestCategories(
        categories_pb2.SuggestCategoriesRequest(text="公交站亭玻璃碎了", most=1)
    )
    assert len(lamp.suggestions) == 1


async def test_a_spreadsheet_becomes_an_edition_from_its_day_on_and_what_is_in_use_stays(still: Hall) -> None:
    content = workbook(
        ("E0177", "无人机黑飞", "Drone without leave", "发现:2uh", "无人机 航拍"), ("E0110", "暴露垃圾", "", "", "")
    )
    looked = await chief(still).ImportCategories(brought(content, dry_run=True))
    assert not looked.HasField("edition")
    assert (list(looked.added), list(looked.changed)) == (["E0177"], ["E0110"])
    answer = await chief(still).ImportCategories(brought(content))
    assert (answer.edition.version, answer.edition.counts_today) == (1, True)
    assert {note.field for note in answer.notes} >= {"C0102", "E0506"}
    listed = await categories(still, still.resident).ListCategories(categories_pb2.ListCategoriesRequest())
    kept = {each.code: each.retired for each in listed.categories}
    assert (kept["E0177"], kept["C0102"]) == (False, True)
    drone = await categories(still, still.resident).SuggestCategories(
        categories_pb2.SuggestCategoriesRequest(text="有人在小区航拍")
    )
    assert (drone.version, drone.suggestions[0].category.code) == (1, "E0177")
    later = await chief(still).ImportCategories(brought(content, effective_from="2027-01-01", title="明年版"))
    assert not later.edition.counts_today
    editions = await categories(still, still.resident).ListEditions(categories_pb2.ListEditionsRequest())
    assert [(each.version, each.counts_today) for each in editions.editions] == [(2, False), (1, True), (0, False)]
    old = await categories(still, still.resident).ListCategories(categories_pb2.ListCategoriesRequest(version=0))
    assert len(old.categories) == 190


async def test_a_sheet_with_faults_stores_nothing_and_a_stranger_may_not_bring_one(still: Hall) -> None:
    answer = await chief(still).ImportCategories(brought(workbook(("E0177", "无人机黑飞"), ("oops", "什么"))))
    assert [(fault.line, fault.field) for fault in answer.faults] == [(3, "code")]
    assert not answer.HasField("edition")
    assert await still.count("category_edition") == 0
    with pytest.raises(errors.Invalid) as caught:
        await chief(still).ImportCategories(brought(b"PK\x03\x04"))
    assert caught.value.reason == "SHEET_UNREADABLE"
    with pytest.raises(errors.Forbidden):
        await categories(still, still.acceptor).ImportCategories(brought(workbook()))
    with pytest.raises(errors.NotFound):
        await chief(still).ListCategories(categories_pb2.ListCategoriesRequest(version=9))
