"""Lists what a department may ask of the city; each call is made once, however often a hook is called for one event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from plugins.sdk.case import Case, CaseFile, Evidence, Point, StepKind

Setting = str | int | float | bool
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words in both languages of the city; they stay two texts, and everyone reads their own."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step to take with a case; which fields it needs is told by its LegalStep."""

    kind: StepKind
    opinion: str = ""
    opinion_en: str = ""
    evidence: tuple[Evidence, ...] = ()
    assignee: str = ""
    #: Posts, departments or people who are given a part.
    addressees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A new matter that the department itself brings in, of one of its own task types."""

    task_type: str
    description: Text
    point: Point
    place: str = ""
    filing_condition: str = ""
    form_answers: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which of the department's own cases to look for, newest first; with `near`, those within so many metres of it."""

    task_type: str
    since: datetime
    area_code: str = ""
    near: Point | None = None
    near_m: float = 0.0
    text: str = ""
    open_only: bool = False
    most: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """What the registry is asked to lend: which data set, which fields, about whom or where, and what for.

    Every read is written down with the purpose of its loan. Fields that the department may not see come masked. Ask for
    one person by `subject`, their number, or for those in an area who have one of the `tags`: nobody else is read.
    """

    dataset: str
    fields: tuple[str, ...]
    purpose: str
    case: Case | None = None
    subject: str = ""
    area_code: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A thing of the city that stands in the street, as the registry knows it: a cover, a lamp, a bench."""

    code: str
    class_code: str
    state: str
    #: Code of the unit that must repair it, such as U05; empty when nobody is entered.
    owner_unit: str
    point: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A paper to keep with a case."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something to tell the department's own system, whose address is the setting `link_url`.

    `topic` says what it is. What the other system answers comes back by the hook `message_received`, with the
    topic and `about` of the letter. As a form it is sent as plain fields, otherwise as JSON with a signature.
    """

    topic: str
    content: Mapping[str, Json]
    about: str = ""
    path: str = ""
    method: str = "POST"
    form: bool = False


class Memory(Protocol):
    """A small notebook of the department, which outlives a restart. Keys and texts; 10,000 entries at most."""

    def get(self, key: str) -> str:
        """What was noted under a key; empty when nothing was."""
        ...

    def put(self, key: str, value: str) -> None:
        """Note something, in place of what stood there."""
        ...

    def forget(self, key: str) -> None:
        """Strike out an entry."""
        ...

    def keys(self, prefix: str) -> tuple[str, ...]:
        """The keys that begin so, in order."""
        ...


class City(Protocol):
    """The city, as one hook call sees it. Every method may fail with Refused or Away; see errors.

    What a method needs must stand among the manifest's `permissions`; otherwise it is refused.
    """

    @property
    def settings(self) -> Mapping[str, Setting]:
        """The settings that the manifest declares, as the operator set them."""
        ...

    @property
    def memory(self) -> Memory:
        """The department's notebook."""
        ...

    def secret(self, name: str) -> str:
        """A secret that the manifest declares; fails with Refused while the operator has not set it."""
        ...

    def local(self, at: datetime) -> datetime:
        """A moment on the city's own clocks."""
        ...

    def get_case(self, case_id: str) -> CaseFile:
        """One of the department's cases as it is now, by id or number."""
        ...

    def cases(self, search: Search) -> tuple[Case, ...]:
        """The department's own cases that fit, without evidence and answers to the form."""
        ...

    def note(self, case: Case, text: Text, *evidence: Evidence) -> None:
        """Say something about a case, for everyone who works on it; its state stays as it is. Needs cases.note.

        What is found out by the end itself may be said after a case has closed. One that was refused or cancelled, or has
        left the department meanwhile, needs no note, and gets none.
        """
        ...

    def stage(self, case: Case, stage: str, text: Text) -> None:
        """Move a case to one of the stages that its task type declares, and say so in a note. Needs cases.note.

        A case that is in the stage already stays as it is. Fails with Refused (STAGE_NOT_LEGAL) when the manifest
        leads no way there from the stage it is in.
        """
        ...

    def stage_of(self, case: Case) -> str:
        """The stage a case is in; the first one while it was never moved, empty when its type has none."""
        ...

    def on_duty(self, case: Case, role: str) -> str:
        """The post of a role that is nearest to a case and on which somebody stands now; empty when there is none."""
        ...

    def components(self, case: Case, within_m: float) -> tuple[Component, ...]:
        """What the registry has in the case's grid no farther from it than this, nearest first."""
        ...

    def advance(self, case: Case, *steps: Step) -> Case:
        """Take steps with a case as it was seen, all or none; the case after them. Fails with Moved.

        Needs cases.advance.
        """
        ...

    def report(self, report: Report) -> Case:
        """File a new matter; the case made of it. Needs cases.report."""
        ...

    def lend(self, loan: Loan) -> tuple[Mapping[str, str], ...]:
        """Rows that the registry lends. Needs data.<dataset>."""
        ...

    def keep(self, document: Document) -> Evidence:
        """Keep a paper; the evidence to put with a note or step. Needs files.keep."""
        ...

    def send(self, letter: Letter) -> None:
        """Tell the department's own system something, soon and surely. Needs link.send."""
        ...
