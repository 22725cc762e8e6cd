"""What words mean: which class, and which task types of the demo city serve it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.categories.domain import Category
from services.incidents.categories.guessing import Guessing
from services.incidents.categories.store import built_in
from services.incidents.domain.tasktypes import Admission, TaskType
from tests.integration.incidents import town

SENTENCES = Path(__file__).resolve().parents[2] / "fixtures" / "categories" / "sentences.tsv"


def task_types() -> list[TaskType]:
    view = town.full_view()
    return [view.newest_task_type(code) for code in sorted(view.task_type_codes)]


GUESSING = Guessing.of(built_in(), task_types())


def sentences() -> list[tuple[str, str]]:
    """One for each class, none of them among the words of the classes."""
    return [(code, text) for code, text in (line.split("\t") for line in SENTENCES.read_text().splitlines())]


@pytest.mark.parametrize("types", [[], task_types()], ids=["classes alone", "with task types"])
def test_the_right_class_is_first_for_nine_of_ten_and_among_three_for_nearly_all(types: list[TaskType]) -> None:
    guessing = Guessing.of(built_in(), types)
    assert {code for code, _ in sentences()} == {category.code for category in built_in()}
    found = [(code, [each.code for each in guessing.classes(text)]) for code, text in sentences()]
    assert sum(guessed[:1] == [code] for code, guessed in found) >= 171
    assert sum(code in guessed[:3] for code, guessed in found) >= 186


def test_a_sentence_about_a_class_finds_the_task_type_that_serves_it() -> None:
    serving = {kind.category_code: kind.code for kind in task_types() if kind.category_code}
    asked = [(serving[code], GUESSING.task_types(text)) for code, text in sentences() if code in serving]
    assert len(asked) >= 12
    assert sum(guessed[:1] == (wanted,) for wanted, guessed in asked) >= 0.9 * len(asked)


@pytest.mark.parametrize(
    ("words", "best"),
    [
        ("小区门口垃圾桶满了,好几天没人收", "exposed_garbage"),
        ("人行道井盖不见了,老人差点掉下去", "manhole_cover_missing"),
        ("门口马路有个大坑", "road_damage"),
        ("下雨后地下通道积水很深", "road_ponding"),
        ("巷子里路灯坏了,灯不亮", "street_facility_fault"),
        ("Manhole COVER is missing near the school", "manhole_cover_missing"),
        ("Overflowing garbage bin by the gate", "exposed_garbage"),
    ],
)
def test_the_words_of_residents_find_the_task_type(words: str, best: str) -> None:
    assert GUESSING.task_types(words)[0] == best


@pytest.mark.parametrize("words", ["", "!!!", "你好", "thank you very much", "12345", "zzz qqq"])
def test_words_about_nothing_suggest_nothing(words: str) -> None:
    assert GUESSING.task_types(words) == ()
    assert GUESSING.classes(words) == ()


def test_english_words_are_understood_by_the_english_names() -> None:
    assert GUESSING.classes("the street lamp is broken")[0].code == "C0137"
    assert GUESSING.classes("There is SNOW and ice on our road")[0].code == "E0507"


def test_a_keyword_said_in_full_is_named() -> None:
    best = GUESSING.classes("这里有人飞线充电")[0]
    assert best.code == "E0108"
    assert best.matched == ("飞线充电",)


def test_a_department_s_own_words_mean_the_class_its_task_type_serves() -> None:
    (kind,) = (kind for kind in task_types() if kind.code == town.GARBAGE)
    taught = Guessing.of(built_in(), [replace(kind, keywords=(*kind.keywords, "蓝胖子"))])
    assert taught.classes("门口那个蓝胖子又满了")[0].code == kind.category_code
    assert taught.task_types("门口那个蓝胖子又满了") == (town.GARBAGE,)


def test_what_is_retired_or_not_admitted_is_not_suggested() -> None:
    retired = Category(code="E0110", name="暴露生活垃圾", retired=True)
    assert Guessing.of([retired], []).classes("暴露生活垃圾") == ()
    suspended = [replace(kind, admission=Admission.SUSPENDED) for kind in task_types()]
    assert Guessing.of(built_in(), suspended).task_types("小区门口垃圾桶满了") == ()


@given(st.text(max_size=200))
def test_any_words_give_ranked_scores_between_nought_and_one(words: str) -> None:
    scores = [found.score for found in GUESSING.classes(words)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
