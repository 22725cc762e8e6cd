"""What runs beside a server ends when told, even where one request to end got lost."""

import asyncio

import pytest

from services.platform import lifecycle
from services.platform.grpc_server import Process
from services.platform.lifecycle import end, finish, together
from services.platform.settings import ServiceSettings
from tests.support.tokens import TestTokens


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "CANCEL_AGAIN_S", 0.005)


class Deaf:
    """Work that loses its first requests to end, as happens when an answer comes at the same moment."""

    def __init__(self, *, losses: int = 1) -> None:
        self.running = asyncio.Event()
        self._losses = losses

    async def __call__(self) -> None:
        self.running.set()
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if not self._losses:
                    raise
                self._losses -= 1


async def forever() -> None:
    await asyncio.Event().wait()


async def test_work_that_loses_a_request_to_end_is_asked_again() -> None:
    deaf = Deaf(losses=3)
    task = asyncio.create_task(deaf())
    await deaf.running.wait()
    await end([task])
    assert task.cancelled()


@pytest.mark.parametrize("requests", [1, 5])
async def test_what_runs_together_ends_however_often_its_parent_is_told(requests: int) -> None:
    deaf, other = Deaf(losses=2), Deaf()
    task = asyncio.create_task(together(deaf(), other(), forever()))
    await asyncio.gather(deaf.running.wait(), other.running.wait())
    for _ in range(requests):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_when_one_breaks_the_others_end_and_the_error_is_told() -> None:
    deaf = Deaf()

    async def breaks() -> None:
        await deaf.running.wait()
        raise LookupError

    with pytest.raises(LookupError):
        await together(deaf(), breaks())


async def test_when_one_is_through_the_others_end_too() -> None:
    await together(forever(), asyncio.sleep(0))


async def test_a_last_deed_is_done_though_its_doer_is_told_to_end_again() -> None:
    done: list[bool] = []
    begun = asyncio.Event()

    async def deed() -> None:
        begun.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        done.append(True)

    task = asyncio.create_task(finish(deed(), within_s=60))
    await begun.wait()
    task.cancel()
    await asyncio.wait({task})
    assert done == [True]


async def test_a_last_deed_that_takes_too_long_is_left_undone() -> None:
    await finish(forever(), within_s=0.01)


async def test_a_process_ends_though_a_part_of_a_part_loses_the_request(
    tokens: TestTokens,
) -> None:
    deaf = Deaf(losses=2)
    settings = ServiceSettings(trust_file=tokens.trust_file, signing_key_file=tokens.key_file("registry"), drain_s=0.1)
    process = Process(name="test", settings=settings, offers=[], background=[lambda: together(deaf(), forever())])
    await process.start()
    await deaf.running.wait()
    await process.stop()
