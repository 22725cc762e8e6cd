"""A resident is known by a telephone that is kept nowhere; guesses are slowed down; pictures are lent for an hour."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.desk.presence import FORGOTTEN_S, Presence
from services.gateway.domain import PhoneInvalid
from services.gateway.hub import Happening, Hub
from services.gateway.open311 import asking, markup, telling
from services.gateway.open311.faults import ParameterInvalid, SpanTooLong
from services.gateway.pacing import Pace
from services.gateway.residents import Residents, plain_phone
from services.gateway.seals import LENT_FOR, Seals
from services.platform.errors import Exhausted

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("written", ["138 1234 5678", "+86 138-1234-5678", "0086 13812345678", "(138)12345678"])
def test_a_telephone_is_the_same_however_it_is_written(written: str) -> None:
    assert plain_phone(written) == "13812345678"


@pytest.mark.parametrize("written", ["", "1234", "abc12345", "1" * 16, "१२३४५६७"])
def test_what_is_no_telephone_is_refused(written: str) -> None:
    with pytest.raises(PhoneInvalid):
        plain_phone(written)


def test_a_subject_tells_nothing_of_the_telephone_and_differs_between_cities(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).write_text(name)
    one, other = (
        Residents.from_file(tmp_path / name).by_phone("13812345678", language="zh") for name in ("one", "other")
    )
    assert one.subject != other.subject
    assert "1234" not in one.subject
    assert not one.permits("incidents.advance") or one.scope("incidents.advance").area_paths == ()


def test_a_pace_lets_so_many_through_and_says_when_to_come_again() -> None:
    pace = Pace(times=3, span_s=60.0)
    for _ in range(3):
        pace.spend("one")
    with pytest.raises(Exhausted) as refused:
        pace.spend("one")
    assert 1 <= int(refused.value.details["retry_after_s"]) <= 61
    pace.spend("other")
    pace.forgive("one")
    pace.spend("one")


@given(key=st.text(min_size=1, max_size=40), foreign=st.text(max_size=40), late_s=st.integers(1, 10**6))
def test_a_lent_picture_is_that_one_and_for_an_hour_only(key: str, foreign: str, late_s: int) -> None:
    seals = Seals(b"pepper")
    until, seal = (part.partition("=")[2] for part in seals.lend(key, now=NOW).split("&"))
    assert seals.holds(key, until=until, seal=seal, now=NOW)
    assert not seals.holds(key, until=until, seal=seal, now=NOW + LENT_FOR + timedelta(seconds=late_s))
    assert not seals.holds(key, until=str(int(until) + late_s), seal=seal, now=NOW)
    if foreign != key:
        assert not seals.holds(foreign, until=until, seal=seal, now=NOW)


class Ear(Hub):
    """A hub that only listens."""

    def __init__(self) -> None:
        self.told: list[Happening] = []

    def mention(self, happening: Happening) -> None:
        self.told.append(happening)


def test_presence_is_told_to_who_may_see_the_case_and_forgotten_soon() -> None:
    now_s = [0.0]
    ear = Ear()
    presence = Presence(ear, clock_s=lambda: now_s[0])
    presence.place("c", area_path="999.1", department_code="D06")
    presence.tell("c", subject="staff:a", name="甲", name_en="A", doing="looking")
    presence.tell("c", subject="staff:b", name="乙", name_en="B", doing="writing")
    assert ear.told[-1].area_path == "999.1"
    assert b"writing" in ear.told[-1].text
    assert b"staff:a" in ear.told[-1].text
    now_s[0] = FORGOTTEN_S + 1
    presence.tell("c", subject="staff:b", name="乙", name_en="B", doing="looking")
    assert b"staff:a" not in ear.told[-1].text
    presence.tell("c", subject="staff:b", name="乙", name_en="B", doing="")
    assert b"staff:b" not in ear.told[-1].text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("电话13812345678", "电话138****"),
        ("证件 31010119900307123X。", "证件 310****。"),
        ("东经119.8133967度", "东经119.8133967度"),
        ("编号 9991-20260306-00017", "编号 9991-20260306-00017"),
        ("3个井盖", "3个井盖"),
    ],
)
def test_numbers_that_may_be_somebody_s_are_masked(said: str, shown: str) -> None:
    assert telling.masked(said) == shown


def test_one_end_of_a_span_gives_ninety_days_and_more_is_refused() -> None:
    wanted = asking.wanted({"start_date": "2026-01-01T00:00:00Z"}, now=NOW)
    assert wanted.until - wanted.since == timedelta(days=90)
    assert asking.wanted({}, now=NOW).until == NOW
    with pytest.raises(SpanTooLong):
        asking.wanted({"start_date": "2025-01-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}, now=NOW)
    for parameters in ({"status": "lost"}, {"page": "x"}, {"page": "60"}, {"bbox": "1,2,3"}, {"end_date": "soon"}):
        with pytest.raises(ParameterInvalid):
            asking.wanted(parameters, now=NOW)


@given(st.text(max_size=60))
def test_whatever_somebody_writes_comes_out_as_well_formed_xml(words: str) -> None:
    from xml.etree import ElementTree as ET

    root = ET.fromstring(markup.written("service_requests", [{"description": words}], "xml"))
    kept = markup._NOT_IN_XML.sub("", words).replace("\r\n", "\n").replace("\r", "\n")
    assert (root.findtext("request/description") or "") == kept
