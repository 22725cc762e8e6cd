"""Whatever is done in whatever order, the books agree with a few lines of arithmetic."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from services.platform.clock import SystemClock
from services.points.domain.ledger import (
    EPOCH,
    MINT,
    POINTS,
    Account,
    Group,
    Leg,
    Outcome,
    Sort,
    available,
    held,
    key_for,
)
from services.points.store.ledger import Ledger
from tests.integration.points.walking import PointsMachine, walk

PEOPLE = ["a", "b", "c"]


def same(one: Leg, other: Leg) -> bool:
    """Whether both ask for the same movement."""
    told = [(leg.debit, leg.credit, leg.amount, leg.reason, leg.cause) for leg in (one, other)]
    return told[0] == told[1]


@dataclass(slots=True)
class Model:
    """The books as anybody would keep them on paper: one movement after the other."""

    balances: dict[Account, int] = field(default_factory=lambda: defaultdict(int))
    done: dict[object, Leg] = field(default_factory=dict)
    holds: dict[object, Leg] = field(default_factory=dict)
    settled: set[object] = field(default_factory=set)
    taken_back: set[object] = field(default_factory=set)

    def post(self, group: Group) -> list[Outcome]:
        if all(leg.key in self.done and same(self.done[leg.key], leg) for leg in group):
            return [Outcome.EXISTS] * len(group)
        before = (dict(self.balances), dict(self.done), set(self.settled), set(self.taken_back))
        for place, leg in enumerate(group):
            fault = self.fault_of(leg)
            if fault is not None:
                self.balances = defaultdict(int, before[0])
                self.done, self.settled, self.taken_back = before[1], before[2], before[3]
                return [fault if n == place else Outcome.LINKED_FAILED for n in range(len(group))]
            self.enter(leg)
        for leg in group:
            if leg.sort is Sort.HOLD:
                self.holds[leg.key] = leg
        return [Outcome.POSTED] * len(group)

    def fault_of(self, leg: Leg) -> Outcome | None:  # noqa: PLR0911 one line for each thing that can be wrong
        if leg.key in self.done:
            return Outcome.DIFFERS
        if leg.debit == leg.credit or leg.debit.unit != leg.credit.unit:
            return Outcome.INVALID
        if leg.sort is Sort.RESOLVE:
            of = self.holds.get(leg.ref)
            if of is None:
                return Outcome.UNKNOWN
            if leg.ref in self.settled:
                return Outcome.RESOLVED
            if (of.credit, of.amount) != (leg.debit, leg.amount):
                return Outcome.INVALID
        if leg.sort is Sort.REVERSE and leg.ref in self.taken_back:
            return Outcome.RESOLVED
        if leg.debit.floor == 0 and self.balances[leg.debit] < leg.amount:
            return Outcome.INSUFFICIENT
        return None

    def enter(self, leg: Leg) -> None:
        self.done[leg.key] = leg
        self.balances[leg.debit] -= leg.amount
        self.balances[leg.credit] += leg.amount
        if leg.sort is Sort.RESOLVE:
            self.settled.add(leg.ref)
        if leg.sort is Sort.REVERSE:
            self.taken_back.add(leg.ref)


class BooksMachine(PointsMachine):
    """What is asked of the ledger itself."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.books = Ledger()
        self.keys = 0

    def name(self, person: str) -> str:
        return f"{person}{self.mark}"

    def leg(self, draw: st.DataObject) -> Leg:
        """Any movement, wise or not; keys are often new and sometimes old."""
        kind = draw.draw(
            st.sampled_from(["earn", "earn", "move", "hold", "hold", "settle", "settle", "mixed", "reverse"])
        )
        number = draw.draw(st.integers(0, 30))
        amount = draw.draw(st.integers(1, 12))
        one, two = (self.name(draw.draw(st.sampled_from(PEOPLE))) for _ in range(2))
        key = key_for(EPOCH, self.mark, str(number))
        earned = [leg for leg in self.model.done.values() if leg.debit == MINT]
        if kind == "reverse" and earned:
            of = draw.draw(st.sampled_from(earned))
            return Leg(key=key, debit=of.credit, credit=MINT, amount=of.amount, reason="TEST", cause=kind,
                       sort=Sort.REVERSE, ref=of.key)  # fmt: skip
        make = {
            "earn": (MINT, available(one)),
            "reverse": (available(one), available(one)),
            "move": (available(one), available(two)),
            "hold": (available(one), held(one)),
            "mixed": (available(one), Account(two, "minutes", "done")),
            "settle": (held(one), available(one)),
        }[kind]
        leg = Leg(key=key, debit=make[0], credit=make[1], amount=amount, reason="TEST", cause=kind,
                  sort=Sort.HOLD if kind == "hold" else Sort.PLAIN)  # fmt: skip
        if kind != "settle":
            return leg
        if not self.model.holds:
            return Leg(key=key, debit=make[0], credit=make[1], amount=amount, reason="TEST", cause=kind,
                       sort=Sort.RESOLVE, ref=key_for(EPOCH, "none"))  # fmt: skip
        of = draw.draw(st.sampled_from(list(self.model.holds.values())))
        to = draw.draw(st.sampled_from([of.debit, Account("system:redeemed", POINTS, "spent")]))
        amount = of.amount if number % 5 else amount
        return Leg(
            key=key, debit=of.credit, credit=to, amount=amount, reason="TEST", cause=kind, sort=Sort.RESOLVE, ref=of.key
        )

    @rule(data=st.data(), sizes=st.lists(st.integers(1, 3), min_size=1, max_size=8))
    def posts_a_batch(self, data: st.DataObject, sizes: list[int]) -> None:
        groups: list[Group] = []
        for size in sizes:
            group = tuple(self.leg(data) for _ in range(size))
            keys = [leg.key for leg in group]
            refs = [leg.ref for leg in group if leg.ref is not None]
            fresh_holds = {leg.key for other in groups for leg in other if leg.sort is Sort.HOLD}
            if len(set(keys)) == len(keys) and len(set(refs)) == len(refs) and not fresh_holds & set(refs):
                groups.append(group)
        if groups:
            self.post_and_compare(groups)

    @rule(data=st.data())
    def repeats_something(self, data: st.DataObject) -> None:
        if self.model.done:
            leg = data.draw(st.sampled_from(list(self.model.done.values())))
            self.post_and_compare([(leg,), (leg,)])

    def post_and_compare(self, groups: list[Group]) -> None:
        async def post() -> list[list[Outcome]]:
            async with self.database.transaction() as transaction:
                receipts = await self.books.post(transaction, groups, at=self.points.ledger.clock.now())
            return [[receipt.outcome for receipt in group] for group in receipts]

        told = self.must(post())
        assert told == [self.model.post(group) for group in groups]

    @invariant()
    def balances_agree(self) -> None:
        for person in PEOPLE:
            name = self.name(person)
            found = self.must(self.points.ledger.balances(name))
            for pocket in (available(name), held(name)):
                assert found.get(pocket.kind, 0) == self.model.balances[pocket]


def test_the_books_agree_with_their_model(points_dsn: str) -> None:
    walk(BooksMachine, points_dsn, SystemClock(), max_examples=25, stateful_step_count=20)
