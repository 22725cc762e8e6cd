"""Reads a department's words in every language of the city, and sees that no language lacks any."""

import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from plugins.sdk.city import Text

LANGUAGES: Final = ("zh", "en")


@dataclass(frozen=True)
class Words:
    """The words of one department: `words("advice.fence", owner="…")` fills in a text in both languages."""

    package: str

    def __call__(self, key: str, **details: object) -> Text:
        """A text by its key, for example "advice.fence"; a detail that is a Text itself comes in each language."""
        zh, en = (self._filled(language, key, details) for language in LANGUAGES)
        return Text(zh=zh, en=en)

    def _filled(self, language: str, key: str, details: Mapping[str, object]) -> str:
        own = {name: getattr(value, language) if isinstance(value, Text) else value for name, value in details.items()}
        return self._tables[language][key].format(**own)

    @cached_property
    def _tables(self) -> Mapping[str, Mapping[str, str]]:
        return {language: read(files(self.package), language) for language in LANGUAGES}


def read(folder: Traversable, language: str) -> dict[str, str]:
    """The texts of one language by dotted key; fails with OSError, TOMLDecodeError or ValueError."""
    table = tomllib.loads(folder.joinpath("locale", f"{language}.toml").read_text(encoding="utf-8"))
    return dict(_flat(table, ""))


def faults(folder: Traversable) -> Iterator[tuple[str, str, str]]:
    """What is wrong with the locale files of a plugin: file, key, problem."""
    tables: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        try:
            tables[language] = read(folder, language)
        except FileNotFoundError:
            yield f"locale/{language}.toml", "", "the file is missing"
        except ValueError as error:
            yield f"locale/{language}.toml", "", str(error)
    if len(tables) == len(LANGUAGES):
        yield from _differences(tables)


def _differences(tables: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    first = LANGUAGES[0]
    for language in LANGUAGES[1:]:
        for key in sorted(tables[first].keys() - tables[language].keys()):
            yield f"locale/{language}.toml", key, f"is there in {first} but not here"
        for key in sorted(tables[language].keys() - tables[first].keys()):
            yield f"locale/{first}.toml", key, f"is there in {language} but not here"
        for key in sorted(tables[first].keys() & tables[language].keys()):
            if _placeholders(tables[first][key]) != _placeholders(tables[language][key]):
                yield f"locale/{language}.toml", key, f"has other placeholders than in {first}"


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _flat(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, str):
            yield f"{prefix}{key}", value
        else:
            raise ValueError(f"{prefix}{key} is not a text")  # noqa: TRY004 a fault of the file, like bad TOML
