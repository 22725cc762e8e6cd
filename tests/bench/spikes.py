"""Sends whole lives at a set pace in spikes, as the best published test of a peer did: errors, and how fast it recovers.

`python -m tests.bench.spikes [--cases 1000000] [--spike-seconds 30] [--valley-seconds 15] [--home FOLDER]`: starts the
whole suite, fills it, and sends 15, 25 and 35 lives a second with a quiet valley after each. A life is four calls by
three people. Lives begin at their moment whether or not earlier ones are done, so a service that falls behind is seen
to. Recovered is when every life of the spike has ended and one that begins then takes no longer than before the spike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.suite import Suite
from tests.bench.__main__ import ORIGINALS, Bench
from tests.bench.multiply import multiply
from tests.bench.reports import CENTRE, DEPARTMENT, REPORTER, Lives, Reports

PACES = (15, 25, 35)
CALLS = 4
QUIET_PACE = 2
QUIET_S = 10.0
#: One that takes up to this many times the usual is as before.
AS_BEFORE = 2.0
GIVE_UP_S = 120.0


@dataclass(slots=True, kw_only=True)
class Spike:
    """What came of one."""

    pace: int
    durations_s: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def percentile_s(self, share: float) -> float:
        ordered = sorted(self.durations_s) or [float("inf")]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def paced(lives: Lives, spike: Spike, seconds: float) -> None:
    """Begin lives at an even pace and wait until all have ended."""
    running: list[asyncio.Task[None]] = []
    began_s = time.perf_counter()
    for number in range(int(spike.pace * seconds)):
        await asyncio.sleep(max(0.0, began_s + number / spike.pace - time.perf_counter()))
        running.append(asyncio.create_task(one(lives, spike)))
    await asyncio.gather(*running)


async def one(lives: Lives, spike: Spike) -> None:
    """One life; what goes wrong is kept and counted."""
    began_s = time.perf_counter()
    try:
        await lives.live(0)
    except Exception as error:  # noqa: BLE001 - a benchmark counts what fails and goes on
        spike.errors.append(repr(error)[:200])
    else:
        spike.durations_s.append(time.perf_counter() - began_s)


async def recovery_s(lives: Lives, usual_s: float) -> float:
    """How long until a life takes no longer than before."""
    began_s = time.perf_counter()
    while time.perf_counter() - began_s < GIVE_UP_S:
        probe = Spike(pace=1)
        await one(lives, probe)
        if probe.durations_s and probe.durations_s[0] <= AS_BEFORE * usual_s:
            return time.perf_counter() - began_s - probe.durations_s[0]
    return float("inf")


async def measure(bench: Bench, *, spike_s: float, valley_s: float) -> None:
    """Quiet first, then each spike with its valley."""
    reports = Reports()
    lives = Lives(bench.stub(REPORTER), bench.stub(CENTRE), bench.stub(DEPARTMENT), reports)
    quiet = Spike(pace=QUIET_PACE)
    await paced(lives, quiet, QUIET_S)
    usual_s = statistics.median(quiet.durations_s)
    print(f"quiet, {QUIET_PACE}/s: median {usual_s * 1000:.0f} ms a life, errors {len(quiet.errors)}")
    for pace in PACES:
        spike = Spike(pace=pace)
        began_s = time.perf_counter()
        await paced(lives, spike, spike_s)
        late_s = max(0.0, time.perf_counter() - began_s - spike_s)
        recovered_s = late_s + await recovery_s(lives, usual_s)
        begun = len(spike.durations_s) + len(spike.errors)
        print(
            f"spike of {pace}/s for {spike_s:.0f} s: {begun} lives, errors {len(spike.errors)} "
            f"({len(spike.errors) / max(begun, 1):.1%}), life p50 {spike.percentile_s(0.5) * 1000:.0f} ms, "
            f"p95 {spike.percentile_s(0.95) * 1000:.0f} ms ({spike.percentile_s(0.95) / CALLS * 1000:.0f} ms a call), "
            f"recovered in {recovered_s:.1f} s (aim < 5)"
        )
        if spike.errors:
            print(f"  first error: {spike.errors[0]}")
        await asyncio.sleep(valley_s)


async def seed(bench: Bench) -> None:
    """Some real lives, from which the many are copied."""
    lives = Lives(bench.stub(REPORTER), bench.stub(CENTRE), bench.stub(DEPARTMENT), Reports())
    places = asyncio.Semaphore(8)

    async def turn() -> None:
        async with places:
            await lives.live(0)

    await asyncio.gather(*(turn() for _ in range(ORIGINALS)))


def main() -> None:
    """Start, fill, measure, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--spike-seconds", type=float, default=30.0)
    parser.add_argument("--valley-seconds", type=float, default=15.0)
    parser.add_argument("--home", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gridward-bench-") as folder:
        Path(folder).chmod(0o755)
        suite = Suite(chosen.home or Path(folder))
        try:
            suite.wait_until_up()
            print(json.dumps({"cores": os.cpu_count(), "load": os.getloadavg()}))
            bench = Bench(suite, seconds=1)
            asyncio.run(seed(bench))
            with bench.database() as connection:
                print(f"cases: {multiply(connection, originals=ORIGINALS, wanted=chosen.cases):,}")
            asyncio.run(measure(bench, spike_s=chosen.spike_seconds, valley_s=chosen.valley_seconds))
        finally:
            suite.stop()


if __name__ == "__main__":
    main()
