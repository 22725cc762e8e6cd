"""Whatever is done in whatever order, the ledger agrees with a few lines of arithmetic."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from services.platform.clock import ManualClock, SystemClock
from services.platform.database import Database, open_database
from services.platform.ids import uuid7
from services.points import store
from services.points.actions import Actions
from services.points.domain import MINT, BalanceInsufficient, Posting, TransferKeyReused
from tests.conftest import MakeDatabase

OWNERS = ["a", "b", "c", MINT]


class LedgerMachine(RuleBasedStateMachine):
    """Each run has people and keys of its own, in one ledger that only ever grows."""

    runner: ClassVar[asyncio.Runner]
    database: ClassVar[Database]
    actions: ClassVar[Actions]
    runs: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        LedgerMachine.runs += 1
        self.run = LedgerMachine.runs
        self.balances: dict[str, int] = defaultdict(int)
        self.done: dict[str, Posting] = {}
        self.minted = self.runner.run(self.actions.read_balance(MINT))

    def owner(self, name: str) -> str:
        return name if name == MINT else f"{name}{self.run}"

    async def post(self, posting: Posting) -> bool:
        async with self.database.transaction() as transaction:
            posted = await store.post(transaction, posting, id=uuid7(), at=self.actions.clock.now())
            return posted.new

    @rule(
        debit=st.sampled_from(OWNERS),
        credit=st.sampled_from(OWNERS),
        amount=st.integers(1, 30),
        key=st.integers(1, 25),
    )
    def moves(self, debit: str, credit: str, amount: int, key: int) -> None:
        if debit == credit:
            return
        posting = Posting(
            key=f"run-{self.run}-{key}",
            debit_owner=self.owner(debit),
            credit_owner=self.owner(credit),
            amount=amount,
            reason="TEST",
            cause="test",
        )
        first = self.done.get(posting.key)
        if first is not None and first != posting:
            with pytest.raises(TransferKeyReused):
                self.runner.run(self.post(posting))
        elif first is None and debit != MINT and self.balances[posting.debit_owner] < amount:
            with pytest.raises(BalanceInsufficient):
                self.runner.run(self.post(posting))
        else:
            assert self.runner.run(self.post(posting)) is (first is None)
            if first is None:
                self.balances[posting.debit_owner] -= amount
                self.balances[posting.credit_owner] += amount
            self.done[posting.key] = posting

    @rule(data=st.data())
    def repeats(self, data: st.DataObject) -> None:
        if self.done:
            posting = self.done[data.draw(st.sampled_from(sorted(self.done)))]
            assert self.runner.run(self.post(posting)) is False

    @invariant()
    def balances_agree(self) -> None:
        for name in OWNERS:
            owner = self.owner(name)
            base = self.minted if name == MINT else 0
            assert self.runner.run(self.actions.read_balance(owner)) - base == self.balances[owner]

    def teardown(self) -> None:
        assert self.runner.run(self.actions.verify()).faults == ()


def test_the_ledger_agrees_with_its_model(make_database: MakeDatabase, manual_clock: ManualClock) -> None:
    with asyncio.Runner() as runner:
        database = runner.run(open_database(make_database("points"), service="points", connections_max=2))
        LedgerMachine.runner = runner
        LedgerMachine.database = database
        LedgerMachine.actions = Actions(database=database, clock=SystemClock())
        try:
            run_state_machine_as_test(
                LedgerMachine,
                settings=settings(
                    max_examples=25,
                    stateful_step_count=25,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(database.close())
