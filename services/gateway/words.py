"""Says everything in Chinese or English: what all share from one file for each language, what one page needs beside it."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from services.gateway.domain import LANGUAGES

DEFAULT_LANGUAGE = LANGUAGES[0]
Table = Mapping[str, Any]
#: Sections that name codes on pages.
NAMES = ("signal", "state", "event", "source", "desks", "kind", "unit", "roles", "admission")


@dataclass(frozen=True, slots=True)
class Words:
    """All texts of one language, by section and key."""

    language: str
    tables: Mapping[str, Table]

    def __getitem__(self, section: str) -> Table:
        return self.tables[section]

    def text(self, section: str, key: str, details: Mapping[str, str] | None = None) -> str | None:
        """One text with its details filled in; None when there is none. Unknown placeholders stay visible."""
        text = self.tables.get(section, {}).get(key)
        return text.format_map(_Visible(details or {})) if isinstance(text, str) else None

    def on_page(self, features: Iterable[str] = ()) -> Mapping[str, str]:
        """The texts of a page: those all pages share, and those of its features."""
        texts = dict(self.tables["ui"])
        for feature in features:
            texts |= self.tables[feature]
        return texts

    def for_pages(self, features: Iterable[str] = ()) -> Mapping[str, Table]:
        """What a page is given: its texts and the names of codes, not the errors, which come in words already."""
        return {**{name: self.tables[name] for name in NAMES}, "ui": self.on_page(features)}


class _Visible(dict[str, str]):
    """Leaves a placeholder without a value standing as it is."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@cache
def words_in(language: str) -> Words:
    """The texts of a language; Chinese for one we do not speak."""
    known = language if language in LANGUAGES else DEFAULT_LANGUAGE
    tables: dict[str, Table] = {}
    for file in sorted(files(__package__).joinpath("locale").iterdir(), key=lambda file: file.name):
        if file.name == f"{known}.toml" or file.name.endswith(f".{known}.toml"):
            tables |= tomllib.loads(file.read_text())
    return Words(language=known, tables=tables)


def preferred(accept_language: str, *, otherwise: str = DEFAULT_LANGUAGE) -> str:
    """The language of ours that a browser likes best."""
    wishes = sorted(_wishes(accept_language), key=lambda wish: -wish[1])
    return next((tag for tag, weight in wishes if tag in LANGUAGES and weight > 0), otherwise)


def _wishes(header: str) -> Iterable[tuple[str, float]]:
    for part in header[:200].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            yield tag.partition("-")[0].lower(), float(weight or 1)
        except ValueError:
            continue
