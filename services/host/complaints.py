"""Puts into words what a department's code raised, whatever that is, so that it can be logged, kept and shown."""

from typing import Final

LENGTH_MAX: Final = 2000
SPEECHLESS: Final = "(it cannot say what is wrong)"


def in_words(error: BaseException) -> str:
    """Its kind and what it says; never fails, and every store and log can hold it."""
    try:
        said = str(error)
    except BaseException:  # noqa: BLE001 somebody else's code, which may do anything
        said = SPEECHLESS
    told = f"{type(error).__name__}: {said}"[:LENGTH_MAX]
    return told.encode("utf-8", "replace").decode("utf-8").replace("\x00", "?")
