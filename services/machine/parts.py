"""Writes down what a start started, so that the other commands can ask each part how it is."""

import json
from collections.abc import Sequence

from services.machine.home import Home, write_private
from services.machine.plan import Check, Program, Stage


def save(home: Home, programs: Sequence[Program]) -> None:
    """Write down what concerns health; for our eyes only, since the database's address holds its password."""
    told = [
        {
            "name": program.name,
            "title": program.title,
            "stage": program.stage.value,
            "check": program.check.value,
            "address": program.address,
            "shown_address": program.shown_address,
        }
        for program in programs
    ]
    write_private(home.run / "parts.json", json.dumps(told, ensure_ascii=False, indent=1))


def saved(home: Home) -> list[Program]:
    """The parts of the last start; none when there was none."""
    try:
        told = json.loads((home.run / "parts.json").read_text())
    except (OSError, ValueError):
        return []
    return [
        Program(
            name=row["name"],
            title=row["title"],
            stage=Stage(row["stage"]),
            check=Check(row["check"]),
            address=row["address"],
            shown_address=row["shown_address"],
            command=(),
        )
        for row in told
    ]
