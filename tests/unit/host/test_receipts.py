"""What was handled is told in heaps, in whatever order it was: each message once, none that is still open."""

from dataclasses import dataclass, field
from typing import Final

import eventlet
from hypothesis import given
from hypothesis import strategies as st

from services.host.receipts import HEAP, Receipts

MESSAGES: Final = 60


@dataclass
class Broker:
    """Takes acknowledgements as the specification says: one of a message that it does not hold is a fault."""

    held: set[int] = field(default_factory=lambda: set(range(1, MESSAGES + 1)))
    words: int = 0

    def basic_ack(self, number: int, *, multiple: bool = False) -> None:
        assert number in self.held, "PRECONDITION_FAILED - unknown delivery tag"
        self.words += 1
        self.held -= {each for each in self.held if each <= number} if multiple else {number}


@given(order=st.permutations(range(1, MESSAGES + 1)), told=st.sets(st.integers(1, MESSAGES)))
def test_each_message_is_told_once_and_none_before_it_is_handled(order: list[int], told: set[int]) -> None:
    broker = Broker()
    receipts_of_it = Receipts(broker, within_s=3600.0)
    for count, number in enumerate(order, 1):
        receipts_of_it.handled(number)
        if count in told:
            receipts_of_it.tell()
            assert broker.held == set(order[count:])
    receipts_of_it.tell()
    assert broker.held == set()


def test_many_in_a_row_cost_one_word() -> None:
    broker = Broker()
    receipts_of_it = Receipts(broker, within_s=3600.0)
    for number in range(1, HEAP + 1):
        receipts_of_it.handled(number)
    assert (broker.words, min(broker.held)) == (1, HEAP + 1)


def test_the_last_few_are_told_before_long() -> None:
    broker = Broker()
    receipts_of_it = Receipts(broker, within_s=0.001)
    receipts_of_it.handled(1)
    with eventlet.Timeout(20):
        while 1 in broker.held:
            eventlet.sleep(0.001)
