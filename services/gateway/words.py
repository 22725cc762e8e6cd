"""Says everything in Chinese or English, from one table for each language."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from services.gateway.domain import LANGUAGES

DEFAULT_LANGUAGE = LANGUAGES[0]
Table = Mapping[str, Any]


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

    def for_pages(self) -> Mapping[str, Table]:
        """What pages need: everything but the errors, which come in words already."""
        return {
            name: table for name, table in self.tables.items() if name not in {"errors", "rules", "problems", "fields"}
        }


class _Visible(dict[str, str]):
    """Leaves a placeholder without a value standing as it is."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@cache
def words_in(language: str) -> Words:
    """The texts of a language; Chinese for one we do not speak."""
    known = language if language in LANGUAGES else DEFAULT_LANGUAGE
    text = files(__package__).joinpath("locale", f"{known}.toml").read_text()
    return Words(language=known, tables=tomllib.loads(text))


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
