"""Gives cases the numbers people read out on the telephone."""

from datetime import date
from typing import Final

SEQUENCE_DIGITS: Final = 5


def case_number(*, city: str, day: date, sequence: int) -> str:
    """City, day and the how-manieth case of that day, for example 9991-20260306-00017.

    A day with more than 99,999 cases goes on with six digits. `city` is the short code the city goes by.
    """
    return f"{city}-{day:%Y%m%d}-{sequence:0{SEQUENCE_DIGITS}d}"
