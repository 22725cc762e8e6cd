"""Runs calls in closed loops and says how many a second there were and how long each took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Timing:
    """What a run gave."""

    name: str
    elapsed_s: float
    durations_s: list[float] = field(repr=False)
    errors: int = 0
    items_per_call: int = 1

    @property
    def per_second(self) -> float:
        return len(self.durations_s) * self.items_per_call / self.elapsed_s

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.durations_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    def line(self) -> str:
        return (
            f"{self.name:<44} {self.per_second:>10.1f}/s   p50 {self.percentile_ms(0.50):>7.1f} ms"
            f"   p95 {self.percentile_ms(0.95):>7.1f} ms   p99 {self.percentile_ms(0.99):>7.1f} ms   errors {self.errors}"
        )


async def closed_loop(
    name: str,
    call: Callable[[int], Awaitable[object]],
    *,
    callers: int,
    seconds: float,
    items_per_call: int = 1,
    warm_up: int = 10,
) -> Timing:
    """Each caller makes one call after the other until the time is up; `call` gets a number of its own."""
    for number in range(warm_up):
        await call(-1 - number)
    durations: list[float] = []
    numbers = iter(range(10**12))
    errors = 0
    began = time.perf_counter()

    async def caller() -> None:
        nonlocal errors
        while time.perf_counter() - began < seconds:
            started = time.perf_counter()
            try:
                await call(next(numbers))
            except Exception as error:  # noqa: BLE001 a benchmark counts what fails and goes on
                errors += 1
                if errors == 1:
                    print(f"  first error in {name}: {error!r}"[:300])
                continue
            durations.append(time.perf_counter() - started)

    await asyncio.gather(*(caller() for _ in range(callers)))
    elapsed_s = time.perf_counter() - began
    return Timing(
        name=name,
        elapsed_s=elapsed_s,
        durations_s=durations or [float("inf")],
        errors=errors,
        items_per_call=items_per_call,
    )
