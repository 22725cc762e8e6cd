"""Lists what a department may ask of the city; each call is made once, however often a hook is called for one event."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugins.sdk.case import Case, CaseFile, Evidence, Point, StepKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words in both languages of the city."""

    zh: str
    en: str

    def __str__(self) -> str:
        """Both, Chinese first: what is written into a case is read by everyone."""
        return f"{self.zh}\n{self.en}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step to take with a case; which fields it needs is told by its LegalStep."""

    kind: StepKind
    opinion: str = ""
    evidence: tuple[Evidence, ...] = ()
    assignee: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A new matter that the department itself brings in, of one of its own task types."""

    task_type: str
    description: Text
    point: Point
    place: str = ""
    filing_condition: str = ""


class City(Protocol):
    """The city, as one hook call sees it. Every method may fail with Refused or Away; see errors."""

    def local(self, at: datetime) -> datetime:
        """A moment on the city's own clocks."""
        ...

    def get_case(self, case_id: str) -> CaseFile:
        """One of the department's cases as it is now, by id or number."""
        ...

    def note(self, case: Case, text: Text) -> None:
        """Say something about a case, for everyone who works on it; its state stays as it is.

        A case that has ended or left the department meanwhile needs no note, and gets none.
        """
        ...

    def advance(self, case: Case, *steps: Step) -> Case:
        """Take steps with a case as it was seen, all or none; the case after them. Fails with Moved."""
        ...

    def report(self, report: Report) -> Case:
        """File a new matter; the case made of it."""
        ...
