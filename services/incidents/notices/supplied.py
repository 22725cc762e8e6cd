"""Reads the texts that come with the program."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from services.incidents.notices.domain import Occasion

LANGUAGES: Final = ("zh", "en")


def _read() -> dict[tuple[str, str, str, str], str]:
    tables = tomllib.loads(files(__package__).joinpath("texts.toml").read_text())
    return {
        (Occasion(occasion), "", "", language): text
        for language in LANGUAGES
        for occasion, text in tables[language].items()
    }


#: By occasion, task type, channel and language, as a city's own.
SUPPLIED: Final[Mapping[tuple[str, str, str, str], str]] = _read()
