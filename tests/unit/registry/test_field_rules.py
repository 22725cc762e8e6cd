"""Minutes are those the track proves; lights follow from what a grid says."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.patrols import DutyRules, PatrolDone, TrackPoint, duty_of, thinned, walked
from services.registry.domain.quiet import DailyWord, QuietLight, light_of, tells_of_trouble, understood

MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)
RULES = DutyRules()
ONE_ROUND = DutyRules(windows=((time(8), time(12)),), rounds_min=1)


def at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=RULES.zone)


def track(begin: datetime, end: datetime, *, every_s: int = 30, inside: bool = True) -> list[TrackPoint]:
    """A walk of a metre a second to the east."""
    count = int((end - begin).total_seconds()) // every_s
    return [
        TrackPoint(at=begin + timedelta(seconds=n * every_s), longitude_deg=119.8 + n * every_s / 90_000, latitude_deg=38.6, inside=inside)
        for n in range(count + 1)
    ]  # fmt: skip


def done(points: list[TrackPoint], *parties: str) -> PatrolDone:
    return PatrolDone(began_at=points[0].at, seconds=walked(thinned(points)).seconds, parties=parties)


@pytest.mark.mechanism(8)
def test_115_minutes_are_not_two_hours_and_five_more_are() -> None:
    morning = done(track(at(MONDAY, "08:30"), at(MONDAY, "10:25")))
    short = duty_of("g", MONDAY, [morning], ONE_ROUND)
    assert (short.minutes, short.met) == (115, False)
    more = done(track(at(MONDAY, "10:40"), at(MONDAY, "10:45")))
    assert duty_of("g", MONDAY, [morning, more], ONE_ROUND).met
    almost = PatrolDone(began_at=at(MONDAY, "09:00"), seconds=119 * 60 + 59, parties=())
    assert not duty_of("g", MONDAY, [almost], ONE_ROUND).met


@pytest.mark.mechanism(8)
def test_friday_asks_for_three_kinds_of_parties_on_one_round() -> None:
    long = track(at(FRIDAY, "08:30"), at(FRIDAY, "11:30"))
    assert not duty_of("g", FRIDAY, [done(long, "leader", "support_unit")], ONE_ROUND).met
    assert not duty_of("g", FRIDAY, [done(long, "leader"), done(long, "support_unit", "locality")], ONE_ROUND).met
    joint = duty_of("g", FRIDAY, [done(long, "leader", "support_unit", "locality")], ONE_ROUND)
    assert (joint.joint_parties, joint.joint_parties_wanted, joint.met) == (3, 3, True)
    assert duty_of("g", MONDAY, [done(track(at(MONDAY, "08:30"), at(MONDAY, "11:30")))], ONE_ROUND).met


def test_two_rounds_are_a_morning_and_an_afternoon() -> None:
    morning = done(track(at(MONDAY, "08:30"), at(MONDAY, "11:00")))
    again = done(track(at(MONDAY, "11:10"), at(MONDAY, "11:50")))
    afternoon = done(track(at(MONDAY, "14:00"), at(MONDAY, "14:10")))
    assert duty_of("g", MONDAY, [morning, again], RULES).rounds == 1
    both = duty_of("g", MONDAY, [morning, afternoon], RULES)
    assert (both.rounds, both.met) == (2, True)


def test_time_outside_the_grid_in_silence_or_at_the_speed_of_a_car_proves_nothing() -> None:
    begin = at(MONDAY, "09:00")
    assert walked(track(begin, begin + timedelta(hours=1), inside=False)).seconds == 0
    silent = [
        *track(begin, begin + timedelta(minutes=10)),
        *track(begin + timedelta(hours=1), begin + timedelta(minutes=70)),
    ]
    assert walked(silent).seconds == 20 * 60
    car = [
        TrackPoint(at=begin + timedelta(seconds=n * 10), longitude_deg=119.8 + n * 0.01, latitude_deg=38.6, inside=True)
        for n in range(30)
    ]
    assert walked(car).seconds == 0


@given(st.lists(st.tuples(st.integers(0, 3600), st.integers(0, 100), st.booleans()), max_size=60), st.randoms())
def test_thinning_loses_no_time_whatever_the_order_in_which_points_arrive(
    told: list[tuple[int, int, bool]], chance: object
) -> None:
    begin = datetime(2026, 3, 2, 1, tzinfo=UTC)
    points = [
        TrackPoint(at=begin + timedelta(seconds=s), longitude_deg=119.8 + m / 1e6, latitude_deg=38.6, inside=inside)
        for s, m, inside in {s: (s, m, inside) for s, m, inside in told}.values()
    ]
    shuffled = list(points)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    kept = thinned(shuffled)
    assert kept == thinned(points)
    assert len(kept) <= len(points)
    assert abs(walked(kept).seconds - walked(sorted(points, key=lambda point: point.at)).seconds) <= 1
    assert thinned(kept) == kept


def test_a_slow_walk_keeps_a_point_a_minute_at_most() -> None:
    begin = at(MONDAY, "09:00")
    still = [
        TrackPoint(at=begin + timedelta(seconds=n), longitude_deg=119.8, latitude_deg=38.6, inside=True)
        for n in range(3601)
    ]
    kept = thinned(still)
    assert len(kept) <= 62
    assert walked(kept).seconds == 3600


@pytest.mark.mechanism(45)
@pytest.mark.parametrize(
    ("text", "number", "trouble"),
    [
        ("07号网格平安", 7, False),
        ("第7号网格:平安", 7, False),
        ("7网格 路灯不亮", 7, False),
        ("21号网格 有重大纠纷", 21, True),
        ("03号网格无纠纷,平安", 3, False),
        ("03号网格没有发生矛盾,但有群众上访", 3, True),
        ("12号网格收到暴雨预警", 12, True),
    ],
)
def test_a_text_is_understood_with_its_number_and_its_trouble(text: str, number: int, trouble: bool) -> None:
    told = understood(text)
    assert told is not None
    assert (told.number, tells_of_trouble(told.word)) == (number, trouble)


@pytest.mark.parametrize("text", ["平安", "七号网格平安", "07号网格", "07号网格  ", "hello", "网格07平安"])
def test_a_text_without_the_form_is_not_guessed_at(text: str) -> None:
    assert understood(text) is None


@pytest.mark.mechanism(45)
def test_a_grid_that_speaks_is_green_one_in_trouble_red_and_a_silent_one_yellow_when_the_day_is_over() -> None:
    def word(*, trouble: bool) -> DailyWord:
        return DailyWord(grid_code="g", day=MONDAY, trouble=trouble, text="", said_by="", said_at=at(MONDAY, "17:00"))

    assert light_of([word(trouble=False)], day=MONDAY, today=MONDAY)[0] is QuietLight.GREEN
    assert light_of([word(trouble=True), word(trouble=False)], day=MONDAY, today=MONDAY)[0] is QuietLight.RED
    assert light_of([], day=MONDAY, today=MONDAY)[0] is QuietLight.NONE
    assert light_of([], day=MONDAY, today=FRIDAY)[0] is QuietLight.YELLOW
