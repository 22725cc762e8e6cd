"""Guesses from words, and reports that may be one matter."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.domain.case import Point
from services.incidents.domain.duplicates import Known, candidates, distance_between_m
from services.incidents.domain.limits import Limit
from services.incidents.domain.numbering import case_number
from services.incidents.domain.suggest import Suggester
from services.incidents.domain.tasktypes import Admission, FilingCondition, TaskType
from services.incidents.domain.words import bigrams_of, similarity
from tests.unit.incidents.builders import MONDAY_8


def a_type(
    code: str, title: str, title_en: str = "", *keywords: str, admission: Admission = Admission.ADMITTED
) -> TaskType:
    return TaskType(
        code=code,
        version=1,
        title=title,
        title_en=title_en,
        department_code="D09",
        keywords=keywords,
        admission=admission,
        filing_conditions=(FilingCondition(code="usual", title="", limit=Limit.of(1, "work_day")),),
    )


SUGGESTER = Suggester.of(
    [
        a_type("exposed_garbage", "暴露垃圾与垃圾满溢", "Exposed garbage or overflowing bin", "垃圾桶", "臭"),
        a_type("manhole_cover_missing", "井盖缺失破损", "Manhole cover missing or broken", "井盖", "窨井"),
        a_type("road_damage", "道路破损", "Damaged road surface", "坑", "路面塌陷"),
        a_type("road_ponding", "道路积水与污水外溢", "Road ponding or sewage overflow", "积水"),
        a_type("street_lamp", "路灯等街面设施故障", "Street lamp or facility fault", "路灯", "灯不亮"),
        a_type("retired", "井盖丢失", admission=Admission.RETIRED),
    ]
)


@pytest.mark.parametrize(
    ("words", "best"),
    [
        ("小区门口垃圾桶满了,好几天没人收", "exposed_garbage"),
        ("人行道井盖不见了,老人差点掉下去", "manhole_cover_missing"),
        ("门口马路有个大坑", "road_damage"),
        ("下雨后地下通道积水很深", "road_ponding"),
        ("巷子里路灯坏了,灯不亮", "street_lamp"),
        ("Manhole COVER is missing near the school", "manhole_cover_missing"),
        ("Overflowing garbage bin by the gate", "exposed_garbage"),
        ("太臭了", "exposed_garbage"),
        ("lamps", "street_lamp"),
    ],
)
def test_the_words_suggest_the_matter(words: str, best: str) -> None:
    suggestions = SUGGESTER.suggest(words)
    assert suggestions[0].task_type == best
    assert suggestions[0].matched


@pytest.mark.parametrize("words", ["", "!!!", "你好", "thank you very much", "12345"])
def test_words_about_nothing_suggest_nothing(words: str) -> None:
    assert SUGGESTER.suggest(words) == ()


def test_a_rare_term_is_enough_for_a_modest_guess() -> None:
    (found,) = SUGGESTER.suggest("马路上漫出很多污水")
    assert (found.task_type, found.score < 0.5, found.matched) == ("road_ponding", True, ("污水",))


def test_what_is_not_admitted_is_not_suggested() -> None:
    assert "retired" not in {found.task_type for found in SUGGESTER.suggest("井盖丢失")}


@given(st.text(max_size=200))
def test_any_words_give_ranked_scores_between_nought_and_one(words: str) -> None:
    scores = [found.score for found in SUGGESTER.suggest(words)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_the_same_both_ways_and_whole_with_itself(one: str, other: str) -> None:
    pairs, others = bigrams_of(one), bigrams_of(other)
    assert similarity(pairs, others) == similarity(others, pairs)
    assert 0 <= similarity(pairs, others) <= 1
    assert similarity(pairs, pairs) == (1.0 if pairs else 0.0)


HERE = Point(longitude_deg=119.8133967, latitude_deg=38.5903833)
METRE_NORTH_DEG = 1 / 111_195.0


def a_known(
    name: str = "", *, metres: float = 0, hours: float = 0, words: str = "井盖不见了", kind: str = "manhole"
) -> Known:
    return Known(
        case_id=name,
        number=name,
        task_type=kind,
        point=Point(longitude_deg=HERE.longitude_deg, latitude_deg=HERE.latitude_deg + metres * METRE_NORTH_DEG),
        description=words,
        reported_at=MONDAY_8 - timedelta(hours=hours),
    )


def test_like_cases_are_found_likeliest_first() -> None:
    known = [
        a_known("far", metres=49, hours=1),
        a_known("near", metres=3, hours=1),
        a_known("other-words", metres=3, hours=1, words="路口有一个洞很危险"),
        a_known("too-far", metres=51),
        a_known("too-old", hours=24.01),
        a_known("another-kind", kind="garbage"),
    ]
    found = candidates(a_known(), known)
    assert [candidate.case_id for candidate in found] == ["near", "other-words", "far"]
    assert found[0].distance_m == pytest.approx(3, abs=0.1)
    assert found[0].score > 0.9


def test_a_day_and_fifty_metres_are_still_inside() -> None:
    assert candidates(a_known(), [a_known("edge", metres=49.9, hours=24)])
    assert candidates(a_known(), [a_known("later", hours=-2)])


def test_a_task_type_may_widen_the_circle() -> None:
    assert candidates(a_known(), [a_known("edge", metres=120)], distance_max_m=200)


def test_the_same_report_twice_scores_one() -> None:
    assert candidates(a_known(), [a_known("same")])[0].score == 1.0


def test_a_degree_of_latitude_is_a_hundred_and_eleven_kilometres() -> None:
    north = Point(longitude_deg=HERE.longitude_deg, latitude_deg=HERE.latitude_deg + 1)
    assert distance_between_m(HERE, north) == pytest.approx(111_195, rel=1e-4)
    assert distance_between_m(HERE, HERE) == 0


@pytest.mark.parametrize(
    ("sequence", "number"),
    [(17, "9991-20260306-00017"), (99_999, "9991-20260306-99999"), (100_000, "9991-20260306-100000")],
)
def test_a_case_number_can_be_read_out(sequence: int, number: str) -> None:
    assert case_number(city="9991", day=date(2026, 3, 6), sequence=sequence) == number
