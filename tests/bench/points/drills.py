"""Kills PostgreSQL, the points service, or both in the middle of load, and compares the books with what was answered.

What was acknowledged must be there, what was refused must not, no group half, and the full count finds nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from dataclasses import dataclass, field

import psycopg
from gridward.points.v1 import ledger_pb2, ledger_pb2_grpc

from services.platform.database import open_database
from services.platform.errors import Conflict, GridwardError
from services.platform.grpc_client import connect
from services.platform.identity import service_caller
from services.platform.ids import uuid7
from services.points.store import audit
from tests.bench.points.stand import Stand

VICTIMS = ("server", "service", "both")
CALLERS = 24
PEOPLE = 40
ANSWERED_S_MAX = 180


@dataclass(slots=True)
class Told:
    """What callers were answered."""

    acknowledged: list[tuple[str, ...]] = field(default_factory=list)
    refused: list[tuple[str, ...]] = field(default_factory=list)
    unsure: list[ledger_pb2.PostRequest] = field(default_factory=list)


@dataclass(slots=True)
class Verdict:
    """What the books say to that."""

    acknowledged: int
    refused: int
    lost: int
    extra: int
    halves: int
    faults: int

    @property
    def clean(self) -> bool:
        return not (self.lost or self.extra or self.halves or self.faults)


def account(owner: str, kind: str) -> ledger_pb2.LedgerAccount:
    return ledger_pb2.LedgerAccount(owner=owner, unit="points", kind=kind)


def leg(debit: ledger_pb2.LedgerAccount, credit: ledger_pb2.LedgerAccount, amount: int) -> ledger_pb2.PostLeg:
    return ledger_pb2.PostLeg(
        key=str(uuid7()), debit=debit, credit=credit, amount=amount, reason="DRILL", cause="drill"
    )


def a_group(chance: random.Random) -> ledger_pb2.PostRequest:
    """An earning, or two people who both pay a third, which often fails as somebody has too little."""
    one, two, three = (f"d{chance.randrange(PEOPLE)}" for _ in range(3))
    if chance.random() < 0.6 or len({one, two, three}) < 3:
        return ledger_pb2.PostRequest(legs=[leg(account("system:mint", "source"), account(one, "available"), 3)])
    return ledger_pb2.PostRequest(
        legs=[leg(account(payer, "available"), account(three, "available"), 4) for payer in (one, two)]
    )


def keys_of(group: ledger_pb2.PostRequest) -> tuple[str, ...]:
    return tuple(part.key for part in group.legs)


async def load(stand: Stand, told: Told, until: asyncio.Event) -> None:
    """Callers who go on whatever happens; what was not answered is sent again under the same keys."""
    channel = connect(stand.address, signer=stand.tokens.signer("incidents"), caller=service_caller("incidents"))
    stub = ledger_pb2_grpc.LedgerServiceStub(channel)

    async def caller(number: int) -> None:
        chance = random.Random(number)
        again: ledger_pb2.PostRequest | None = None
        while not until.is_set() or again is not None:
            group = again or a_group(chance)
            again = None
            try:
                await stub.Post(group, timeout=3.0)
            except Conflict:
                told.refused.append(keys_of(group))
            except GridwardError:
                if until.is_set():
                    told.unsure.append(group)
                    return
                again = group
                await asyncio.sleep(0.1)
            else:
                told.acknowledged.append(keys_of(group))

    await asyncio.gather(*(caller(number) for number in range(CALLERS)))
    await channel.close()


async def run(stand: Stand, *, rounds: int, load_s: float) -> Verdict:
    """So many rounds, each with another victim."""
    stand.start_service()
    told = Told()
    done = asyncio.Event()
    callers = asyncio.create_task(load(stand, told, done))
    for victim in itertools.islice(itertools.cycle(VICTIMS), rounds):
        await progress(stand, told, load_s)
        if victim in {"server", "both"}:
            await asyncio.to_thread(stand.kill_server)
        if victim in {"service", "both"}:
            await asyncio.to_thread(stand.kill_service)
        if victim in {"server", "both"}:
            await asyncio.to_thread(stand.start_server)
        if victim in {"service", "both"}:
            stand.start_service()
    await progress(stand, told, load_s)
    done.set()
    await callers
    return await compare(stand, told)


async def progress(stand: Stand, told: Told, load_s: float) -> None:
    """Wait until callers were answered again, and then for a while more."""
    begin, until = len(told.acknowledged), time.monotonic() + ANSWERED_S_MAX
    while len(told.acknowledged) < begin + 20:
        assert time.monotonic() < until, f"nobody is answered any more\n{stand.words()}"
        await asyncio.to_thread(stand.keep_service)
        await asyncio.sleep(0.05)
    await asyncio.sleep(load_s)


async def compare(stand: Stand, told: Told) -> Verdict:
    """Hold the books against what callers were told."""
    with psycopg.connect(stand.admin_dsn) as connection:
        rows = connection.execute("SELECT key::text FROM ledger.transfer").fetchall()
    present = {key for (key,) in rows}
    database = await open_database(stand.dsn, service="drill", connections_max=1)
    async with database.transaction() as transaction:
        found = await audit.audit(transaction)
    await database.close()
    groups = told.acknowledged + told.refused + [keys_of(group) for group in told.unsure]
    return Verdict(
        acknowledged=len(told.acknowledged),
        refused=len(told.refused),
        lost=sum(not present.issuperset(keys) for keys in told.acknowledged),
        extra=sum(not present.isdisjoint(keys) for keys in told.refused),
        halves=sum(0 < len(present.intersection(keys)) < len(keys) for keys in groups),
        faults=len(found.faults),
    )


def main(rounds: int, load_s: float = 1.0) -> None:
    """Run and say."""
    stand = Stand.build()
    try:
        verdict = asyncio.run(run(stand, rounds=rounds, load_s=load_s))
    finally:
        stand.end()
    print(f"kill -9, {rounds} rounds: {verdict}")
    assert verdict.clean
