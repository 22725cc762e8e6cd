"""A case belongs to the release that was the newest when it was reported, and to exactly one at any moment."""

from datetime import UTC, datetime, timedelta

from gridward.registry.v1 import plugins_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.host.orders import Orders, line_name

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def told(*releases: tuple[str, datetime | None, datetime | None], standing: int = 1) -> plugins_pb2.PluginOrders:
    orders = plugins_pb2.PluginOrders(standing=plugins_pb2.PluginStanding.ValueType(standing))
    for name, from_at, ended_at in releases:
        message = orders.releases.add(name=name)
        if from_at is not None:
            message.from_at.FromDatetime(from_at)
        if ended_at is not None:
            message.ended_at.FromDatetime(ended_at)
    return orders


def orders_of(release: str, *releases: tuple[str, datetime | None, datetime | None]) -> Orders:
    orders = Orders(release=release)
    orders.take(told(*releases))
    return orders


def test_nothing_may_be_done_before_the_plugin_has_joined_nor_while_it_is_suspended() -> None:
    orders = Orders()
    assert not orders.may_act
    assert orders.take(told(("", None, None)))
    assert orders.may_act
    assert not orders.take(told(("", None, None)))
    orders.take(told(("", None, None), standing=2))
    assert (orders.may_act, orders.halt) == (False, "suspended")
    orders.turned_away()
    assert orders.halt == "withdrawn"


def test_a_running_case_stays_with_the_release_it_began_under() -> None:
    both = (("", None, None), ("two", NOON, None))
    old, new = orders_of("", *both), orders_of("two", *both)
    before, after = NOON - HOUR, NOON + HOUR
    assert old.serves(reported_at=before, at=after)
    assert not new.serves(reported_at=before, at=after)
    assert new.serves(reported_at=NOON, at=after)
    assert not old.serves(reported_at=NOON, at=after)
    assert (old.leads, new.leads) == (False, True)


def test_what_happens_after_a_release_was_ended_goes_to_the_next() -> None:
    both = (("", None, NOON + HOUR), ("two", NOON, None))
    old, new = orders_of("", *both), orders_of("two", *both)
    early = NOON - HOUR
    assert old.serves(reported_at=early, at=NOON)
    assert not old.serves(reported_at=early, at=NOON + HOUR)
    assert new.serves(reported_at=early, at=NOON + HOUR)


def test_a_plugin_reaches_what_lies_in_its_areas_and_everything_when_none_is_named() -> None:
    orders = Orders()
    assert orders.reaches("9991.999101")
    message = told(("", None, None))
    message.area_paths.append("9991.999101")
    orders.take(message)
    assert orders.reaches("9991.999101.999101001")
    assert orders.reaches("9991.999101")
    assert not orders.reaches("9991.9991012")
    assert not orders.reaches("9991")


def test_the_first_release_keeps_the_plain_name() -> None:
    assert line_name("heritage", "") == "host.heritage"
    assert line_name("heritage", "two") == "host.heritage@two"


@given(
    begins=st.lists(st.integers(1, 50), unique=True, max_size=4),
    ends=st.lists(st.one_of(st.none(), st.integers(1, 60)), min_size=4, max_size=4),
    reported=st.integers(0, 60),
    later=st.integers(0, 30),
)
def test_every_event_belongs_to_exactly_one_release(
    begins: list[int], ends: list[int | None], reported: int, later: int
) -> None:
    moments = [None, *(NOON + HOUR * hours for hours in sorted(begins))]
    windows = [
        (f"r{number}", moment, None if end is None or number == len(begins) else NOON + HOUR * end)
        for number, (moment, end) in enumerate(zip(moments, [*ends, None], strict=False))
    ]
    claims = [
        name
        for name, _, _ in windows
        if orders_of(name, *windows).serves(reported_at=NOON + HOUR * reported, at=NOON + HOUR * (reported + later))
    ]
    assert len(claims) == 1
