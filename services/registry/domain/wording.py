"""Cuts names and addresses into what they are found by: pairs of characters, and the initials of their pinyin."""

import itertools
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

#: Marks initials, so that they are not taken for letters of a name.
INITIALS: Final = "~"
TOKENS_MAX: Final = 120
#: Names and addresses recur; those met last are not taken apart again.
CACHED_MAX: Final = 20_000
INITIALS_CACHED: Final = 50_000


def plain(text: str) -> str:
    """Text as it is compared: full-width letters made ordinary, small, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


@lru_cache(maxsize=INITIALS_CACHED)
def initials(text: str) -> str:
    """First letters of the pinyin of each character; letters and digits stand for themselves."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 a dictionary that takes as long to read as all the rest

    return "".join(lazy_pinyin(plain(text), style=Style.FIRST_LETTER, errors="default"))


def learn() -> None:
    """Read the dictionary now, so that nobody has to wait for it."""
    initials("网格")


def pairs(text: str) -> Iterator[str]:
    """Each two neighbouring characters; a single character alone."""
    if len(text) == 1:
        yield text
    for first, second in itertools.pairwise(text):
        yield first + second


@lru_cache(maxsize=CACHED_MAX)
def tokens(*texts: str) -> Sequence[str]:
    """What a thing with these names and addresses is found by."""
    found: dict[str, None] = {}
    for text in texts:
        words = plain(text)
        found |= dict.fromkeys(pairs(words))
        found |= dict.fromkeys(INITIALS + pair for pair in pairs(initials(words)))
    return tuple(found)[:TOKENS_MAX]


def asked_tokens(query: str) -> list[list[str]]:
    """What to look for: all of one list must be there. Letters may be meant as such or as initials."""
    words = plain(query)
    told = [list(dict.fromkeys(pairs(words)))] if words else []
    if words.isascii() and words.isalnum() and not words.isdigit():
        told.append(list(dict.fromkeys(INITIALS + pair for pair in pairs(words))))
    return told


def name_tokens(name: str, blind: Callable[[str], str]) -> list[str]:
    """What a person is found by, each part hidden behind a blind index.

    The parts are the surname, any two or more neighbouring characters, and the initials from the first on.
    """
    words, letters = plain(name), initials(name)
    parts = [words[:1]] + [words[i:j] for i in range(len(words)) for j in range(i + 2, len(words) + 1)]
    parts += [INITIALS + letters[:length] for length in range(2, len(letters) + 1)]
    return [blind(part) for part in dict.fromkeys(part for part in parts if part)][:TOKENS_MAX]


def name_matches(name: str, query: str) -> str:
    """How a name answers a query: by name, by pinyin, or not at all."""
    words, asked = plain(name), plain(query)
    if asked and asked in words:
        return "name"
    return "pinyin" if len(asked) > 1 and asked in initials(words) else ""
