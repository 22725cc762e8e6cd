"""Says all that is wrong with a plugin's files at once, each with its place, so that nobody mends one fault a day."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong: in which file, on which line, under which key, and what; line 0 is the file as a whole."""

    file: str
    key: str
    problem: str
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.problem}" if self.key else f"{place}: {self.problem}"


class ManifestInvalid(Exception):
    """A plugin cannot be offered as it is; `faults` lists everything found."""

    def __init__(self, plugin: str, faults: Iterable[Fault]) -> None:
        self.plugin = plugin
        self.faults = tuple(faults)
        super().__init__("\n".join([f"{plugin} has {len(self.faults)} faults:", *map(str, self.faults)]))
