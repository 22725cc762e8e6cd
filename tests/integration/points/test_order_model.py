"""Whatever volunteers, residents and desks do with orders, points and minutes agree with a list on paper."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from services.platform.clock import ManualClock
from services.points.domain.orders import Order, Photo, Spot
from services.points.domain.volunteers import Volunteer
from tests.integration.points.walking import PointsMachine, walk

HERE = Spot(119.85, 38.60)
PHOTO = Photo(object_key="photos/1", sha256="ab" * 32, content_type="image/jpeg")
HOUR = timedelta(hours=1)
#: Points for each begun half hour of care that is over: 5, by 120 per cent; and what each rating makes of them.
RATINGS = {0: 0, 1: 0, 2: 50, 3: 80, 4: 100, 5: 110}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PENALTY = 10
NO_SHOWS_MAX = 5


@dataclass(slots=True)
class Paper:
    """One order as the list has it."""

    state: str = "published"
    who: str = ""
    #: Who did not come once; they do not get a second chance at the same order.
    missed: set[str] = field(default_factory=set)
    begin: datetime = EPOCH
    minutes: int = 0
    worth: tuple[int, int] = (0, 0)
    since: datetime = EPOCH


@dataclass(slots=True)
class Purse:
    """One volunteer as the list has it."""

    points: int = 0
    minutes: int = 0
    no_shows: int = 0
    days: Counter[str] = field(default_factory=Counter)


class OrderMachine(PointsMachine):
    """Each run has orders and volunteers of its own."""

    clock: ClassVar[ManualClock]

    def __init__(self) -> None:
        super().__init__()
        self.papers: dict[str, Paper] = {}
        self.purses = {f"{who}{self.mark}": Purse() for who in "ab"}
        self.must(self.points.volunteers.import_volunteers(
            [Volunteer(subject=who, name=who, nickname=who, name_public=False, community_code="C1", area_path="",
                       grid_code="C1-01") for who in self.purses]))  # fmt: skip

    def some(self, data: st.DataObject, *states: str) -> tuple[str, Paper] | None:
        found = sorted(name for name, paper in self.papers.items() if paper.state in states)
        return (name := data.draw(st.sampled_from(found)), self.papers[name]) if found else None

    @rule()
    def asks(self) -> None:
        name = f"case-{self.mark}-{len(self.papers)}"
        order = Order(
            id=name, number=name, category="love_care", description="理发", place="", spot=HERE, owner="r",
            area_path="999100.999102.999102001.C1.C1-01", grid_code="C1-01", minutes=60, people=1,
            opened_at=self.clock.now(),
        )  # fmt: skip
        self.must(self.points.orders.keep(order))
        self.must(self.points.orders.publish(name, at=None, weekend=False))
        self.papers[name] = Paper()

    @rule(data=st.data(), who=st.sampled_from("ab"))
    def claims(self, data: st.DataObject, who: str) -> None:
        if chosen := self.some(data, "published", "claimed", "settled", "credited"):
            name, paper = chosen
            subject, now = f"{who}{self.mark}", self.clock.now()
            busy = any(
                p.who == subject and p.state == "claimed" and abs(now - p.begin) < HOUR for p in self.papers.values()
            )
            _, reason = self.told(self.points.orders.claim(name, subject))
            free = not busy and subject not in paper.missed and self.purses[subject].no_shows < NO_SHOWS_MAX
            if paper.state == "published" and free:
                assert reason == ""
                paper.state, paper.who, paper.begin = "claimed", subject, now
            else:
                assert reason in {
                    "CLAIM_OVERLAPS",
                    "PLACES_TAKEN",
                    "ORDER_CLAIMED",
                    "VOLUNTEER_BARRED",
                    "ORDER_NOT_IN_STATE",
                }

    @rule(data=st.data(), comes=st.booleans())
    def gives_up(self, data: st.DataObject, comes: bool) -> None:
        if chosen := self.some(data, "claimed"):
            name, paper = chosen
            if comes:
                self.must(self.points.service.release(name, paper.who))
            else:
                self.clock.advance(timedelta(minutes=30))
                self.must(self.points.service.no_show(name, paper.who, by="desk"))
                self.purses[paper.who].points -= PENALTY
                self.purses[paper.who].no_shows += 1
                paper.missed.add(paper.who)
            paper.state, paper.who = "published", ""

    @rule(data=st.data(), minutes=st.integers(10, 700))
    def serves(self, data: st.DataObject, minutes: int) -> None:
        if chosen := self.some(data, "claimed"):
            name, paper = chosen
            service = self.points.service
            self.must(service.check_in(name, paper.who, HERE, device="d"))
            paper.begin = self.clock.now()
            self.clock.advance(timedelta(minutes=minutes))
            self.must(service.check_out(name, paper.who, HERE, device="d"))
            self.must(service.request(name, paper.who, note="好了", photos=[PHOTO]))
            self.must(service.decide(name, paper.who, approved=True, reason="", minutes=0, by="desk"))
            paper.state, paper.minutes, paper.since = "settled", minutes, self.clock.now()

    def day_of(self, paper: Paper) -> str:
        return f"{paper.begin + timedelta(hours=8):%Y-%m-%d}"

    def credit(self, paper: Paper, rating: int) -> None:
        purse = self.purses[paper.who]
        left = max(0, 480 - purse.days[self.day_of(paper)])
        counted = min(paper.minutes, 480, left) // 30 * 30
        given = counted if rating else 0
        paper.worth = (counted // 30 * 5 * 120 * RATINGS[rating] // 10_000, given)
        self.add(paper, 1)
        paper.state, paper.since = "credited", self.clock.now()

    def add(self, paper: Paper, sign: int) -> None:
        purse = self.purses[paper.who]
        purse.points += sign * paper.worth[0]
        purse.minutes += sign * paper.worth[1]
        purse.days[self.day_of(paper)] += sign * paper.worth[1]

    @rule(data=st.data(), rating=st.integers(1, 5))
    def rates(self, data: st.DataObject, rating: int) -> None:
        if chosen := self.some(data, "settled", "credited"):
            name, paper = chosen
            _, reason = self.told(self.points.service.rate(name, subject="r", rating=rating, comment=""))
            assert reason == ("" if paper.state == "settled" else "ORDER_NOT_IN_STATE"), "credited once"
            if not reason:
                self.credit(paper, rating)

    @rule(data=st.data(), upheld=st.booleans(), rating=st.integers(0, 5))
    def doubts(self, data: st.DataObject, upheld: bool, rating: int) -> None:
        if chosen := self.some(data, "settled", "credited"):
            name, paper = chosen
            _, reason = self.told(self.points.service.dispute(name, subject=paper.who, reason="有误"))
            assert reason == ("TOO_LATE" if self.clock.now() - paper.since > timedelta(days=7) else "")
            if reason:
                return
            self.must(self.points.service.decide_dispute(name, upheld=upheld, rating=rating, reason="裁定", by="desk"))
            if upheld:
                self.add(paper, -1)
                paper.worth = (0, 0)
                self.credit(paper, rating)

    @rule(days=st.integers(1, 5))
    def time_passes(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))
        self.must(self.points.service.rate_by_default())
        for paper in sorted(self.papers.values(), key=lambda paper: paper.since):
            if paper.state == "settled" and self.clock.now() - paper.since >= timedelta(days=7):
                self.credit(paper, 4)

    @invariant()
    def books_agree(self) -> None:
        for who, purse in self.purses.items():
            points = self.must(self.points.ledger.balances(who))
            minutes = self.must(self.points.ledger.balances(who, "minutes"))
            told = (points.get("available", 0) + points.get("debt", 0), minutes.get("done", 0))
            assert told == (purse.points, purse.minutes)


def test_orders_agree_with_their_model(points_dsn: str) -> None:
    OrderMachine.clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    walk(OrderMachine, points_dsn, OrderMachine.clock, max_examples=12, derandomize=True, stateful_step_count=24)
