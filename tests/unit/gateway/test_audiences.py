"""What happens goes to many pages in one piece each, to a few at once, and to nobody who may not see it."""

import asyncio

import pytest

from services.gateway.audiences import AT_ONCE_MAX, GATHERED_S_MAX, WAITING_MAX, Audiences, Client, Happening
from services.platform.identity import Scope

CITY = Scope(area_paths=("1",), departments=("",), own=False)
STREET = Scope(area_paths=("1.2",), departments=("",), own=False)
OWN = Scope(area_paths=(), departments=(), own=True)


def happening(position: int, area_path: str = "1.2.3", people: frozenset[str] = frozenset()) -> Happening:
    return Happening(
        position=position, area_path=area_path, department_code="", people=people, text=f"{position};".encode()
    )


async def test_a_few_pages_are_told_at_once() -> None:
    audiences = Audiences()
    city, street = audiences.join(CITY, "a"), audiences.join(STREET, "b")
    audiences.tell(happening(1))
    audiences.tell(happening(2, "1.9"))
    assert (city.take(), street.take()) == (b"1;2;", b"1;")


async def test_many_pages_get_what_comes_together_as_one_piece_in_order() -> None:
    audiences = Audiences()
    pages = [audiences.join(CITY, str(number)) for number in range(AT_ONCE_MAX + 5)]
    mine = audiences.join(OWN, "me")
    for position in (1, 2, 3):
        audiences.tell(happening(position, people=frozenset({"me"}) if position == 2 else frozenset()))
    assert {page.take() for page in pages} == {b""}
    async with asyncio.timeout(20 * GATHERED_S_MAX + 5):
        await asyncio.gather(*(page.wait() for page in pages), mine.wait())
    assert {page.take() for page in pages} == {b"1;2;3;"}
    assert mine.take() == b"2;"


async def test_a_page_that_comes_while_things_are_gathered_is_told_what_follows_only() -> None:
    audiences = Audiences()
    pages = [audiences.join(CITY, str(number)) for number in range(AT_ONCE_MAX + 1)]
    audiences.tell(happening(1))
    late = audiences.join(CITY, "late")
    audiences.tell(happening(2))
    audiences.send()
    assert pages[0].take() == b"1;2;"
    assert late.take() == b"2;"


async def test_a_page_that_is_gone_is_counted_no_more_and_its_audience_forgotten() -> None:
    audiences = Audiences()
    client = audiences.join(STREET, "a")
    audiences.leave(client)
    audiences.leave(client)
    assert audiences.count == 0
    audiences.tell(happening(1))
    assert client.take() == b""


@pytest.mark.parametrize("more", [0, 1])
async def test_too_much_waiting_makes_a_page_begin_anew(more: int) -> None:
    audiences = Audiences()
    client = audiences.join(CITY, "a")
    for position in range(WAITING_MAX + more):
        audiences.tell(happening(position))
    assert client.behind is bool(more)
    assert bool(client.take()) is not bool(more)


async def test_all_are_told_when_it_ends() -> None:
    audiences = Audiences()
    clients = [audiences.join(CITY, str(number)) for number in range(3)]
    waiting = [asyncio.create_task(client.wait()) for client in clients]
    await asyncio.sleep(0)
    audiences.each(Client.end)
    await asyncio.gather(*waiting)
    assert all(client.over for client in clients)
