"""Tells what somebody who types a few characters may mean, and how well an element answers."""

import re
from dataclasses import dataclass
from typing import Final

from services.registry.domain.elements import NAME, Element
from services.registry.domain.schema import ElementKind
from services.registry.domain.wording import initials, name_matches, plain

#: Best first.
RANKS: Final = ("key", "phone", "name", "pinyin", "address")
_DIGITS: Final = re.compile(r"\+?[0-9]{5,24}")
_KEY: Final = re.compile(r"[0-9a-z][0-9a-z_-]{3,63}", re.IGNORECASE)
_IDENTITY: Final = re.compile(r"[0-9]{5,23}[0-9x]", re.IGNORECASE)
WORDS_MIN: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a query may be: a key, an identity number, a phone, words."""

    words: str
    key: str
    identity: str
    phone: str

    @property
    def about_a_person(self) -> bool:
        """It may single somebody out."""
        return bool(self.words or self.identity or self.phone)


def meaning_of(query: str) -> Meaning:
    """All that a query may mean."""
    text = query.strip()
    words = plain(text)
    digits = re.sub(r"[ -]", "", text)
    return Meaning(
        words="" if words.isdigit() and len(words) > len("20261121") else words,
        key=text if _KEY.fullmatch(text) else "",
        identity=digits.upper() if _IDENTITY.fullmatch(digits) else "",
        phone=digits if _DIGITS.fullmatch(digits) else "",
    )


def answers(element: Element, meaning: Meaning) -> str:
    """How an element answers words: name, pinyin or address; empty when it was found by chance."""
    if element.kind is ElementKind.PERSON:
        return name_matches(element.items.get(NAME, ""), meaning.words)
    found = name_matches(element.name, meaning.words)
    if found == "name":
        return found
    if meaning.words in plain(element.address):
        return "address"
    if found:
        return found
    return "address" if len(meaning.words) > 1 and meaning.words in initials(element.address) else ""
