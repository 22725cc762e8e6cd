"""A made-up city for a department's tests: remembers all it was asked, and does it to what it was given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from plugins.sdk.case import Case, CaseFile, Evidence, EvidenceKind, LegalStep, StepKind
from plugins.sdk.city import Component, Document, Letter, Loan, Report, Search, Setting, Step, Text
from plugins.sdk.errors import Refused
from plugins.sdk.geometry import distance_m, nearest
from plugins.sdk.manifest import Manifest
from plugins.sdk.samples import a_case
from plugins.sdk.stages import first_stage, require_way


@dataclass
class Notebook:
    """A department's notebook that is gone when the test ends."""

    entries: dict[str, str] = field(default_factory=dict)

    def get(self, key: str) -> str:
        """What was noted; empty when nothing was."""
        return self.entries.get(key, "")

    def put(self, key: str, value: str) -> None:
        """Note something."""
        self.entries[key] = value

    def forget(self, key: str) -> None:
        """Strike it out."""
        self.entries.pop(key, None)

    def keys(self, prefix: str) -> tuple[str, ...]:
        """The keys that begin so."""
        return tuple(sorted(key for key in self.entries if key.startswith(prefix)))


@dataclass
class RecordingCity:
    """A city that remembers what it was asked.

    With a manifest it refuses what the plugin did not ask to be allowed, just as the real one does, and knows the
    settings and stages that stand there.
    """

    cases_known: Sequence[Case] = ()
    manifest: Manifest | None = None
    refusing: Refused | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    set_to: Mapping[str, Setting] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    #: Posts on which somebody stands, by role and code of the area.
    posts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    #: What the registry has in the street.
    things: Sequence[Component] = ()
    lending: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    memory: Notebook = field(default_factory=Notebook)
    notes: list[tuple[str, Text]] = field(default_factory=list)
    papers: list[tuple[str, Evidence]] = field(default_factory=list)
    stages: list[tuple[str, str]] = field(default_factory=list)
    steps: list[tuple[str, Step]] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    loans: list[Loan] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)

    @property
    def settings(self) -> Mapping[str, Setting]:
        """What the test set, and the defaults of the manifest."""
        declared = self.manifest.settings if self.manifest else ()
        defaults = {setting.name: setting.default for setting in declared if setting.default is not None}
        return {**defaults, **self.set_to}

    def secret(self, name: str) -> str:
        """A secret the test gave."""
        if name not in self.secrets:
            raise Refused(reason="SECRET_NOT_SET", message=name)
        return self.secrets[name]

    def local(self, at: datetime) -> datetime:
        """A moment on the city's clocks."""
        return at.astimezone(self.zone)

    def get_case(self, case_id: str) -> CaseFile:
        """One of the cases given."""
        for case in self.cases_known:
            if case_id in {case.id, case.number}:
                legal = tuple(LegalStep(step=step) for step in StepKind)
                return CaseFile(case=case, history=(), legs=(), legal_steps=legal)
        raise Refused(reason="CASE_UNKNOWN", message=f"no case {case_id}")

    def cases(self, search: Search) -> tuple[Case, ...]:
        """Those of the cases given that fit."""
        fitting = [
            case
            for case in self.cases_known
            if case.task_type == search.task_type
            and case.reported_at >= search.since
            and search.area_code in {"", *case.area_path.split(".")}
            and (search.near is None or distance_m(case.point, search.near) <= search.near_m)
            and search.text in case.description + case.place + case.number
            and not (search.open_only and case.closed_at)
        ]
        return tuple(sorted(fitting, key=lambda case: case.reported_at, reverse=True)[: search.most])

    def note(self, case: Case, text: Text, *evidence: Evidence) -> None:
        """Remember what was said, and the papers with it."""
        self._allow("cases.note")
        self.notes.append((case.id, text))
        self.papers.extend((case.id, paper) for paper in evidence)

    def stage(self, case: Case, stage: str, text: Text) -> None:
        """Remember the stage and what was said."""
        self._allow("cases.note")
        if self.stage_of(case) == stage:
            return
        if self.manifest is not None:
            require_way(self.manifest.task_type(case.task_type), self.stage_of(case), stage)
        self.memory.put(f"stage/{case.id}", stage)
        self.stages.append((case.id, stage))
        self.notes.append((case.id, text))

    def stage_of(self, case: Case) -> str:
        """The stage it was moved to last."""
        first = first_stage(self.manifest.task_type(case.task_type)) if self.manifest else ""
        return self.memory.get(f"stage/{case.id}") or first

    def on_duty(self, case: Case, role: str) -> str:
        """The post given for the nearest of the case's areas."""
        areas = reversed(case.area_path.split("."))
        return next((self.posts[role, area] for area in areas if (role, area) in self.posts), "")

    def components(self, case: Case, within_m: float) -> tuple[Component, ...]:
        """Those of the things given that are near enough."""
        return nearest(self.things, case.point, within_m=within_m)

    def advance(self, case: Case, *steps: Step) -> Case:
        """Remember the steps."""
        self._allow("cases.advance")
        self.steps.extend((case.id, step) for step in steps)
        return replace(case, version=case.version + len(steps))

    def report(self, report: Report) -> Case:
        """Remember the report."""
        self._allow("cases.report")
        self.reports.append(report)
        return a_case(task_type=report.task_type, description=report.description.zh, place=report.place)

    def lend(self, loan: Loan) -> tuple[Mapping[str, str], ...]:
        """The rows given for the data set, with the fields asked for."""
        self._allow(f"data.{loan.dataset}")
        self.loans.append(loan)
        rows = self.lending.get(loan.dataset, ())
        return tuple({name: row[name] for name in loan.fields if name in row} for row in rows)

    def keep(self, document: Document) -> Evidence:
        """Remember the paper."""
        self._allow("files.keep")
        self.documents.append(document)
        digest = sha256(document.content).hexdigest()
        return Evidence(
            object_key=f"documents/{document.name}",
            sha256=digest,
            content_type=document.content_type,
            kind=EvidenceKind.AFTER,
        )

    def send(self, letter: Letter) -> None:
        """Remember the letter."""
        self._allow("link.send")
        self.letters.append(letter)

    def _allow(self, permission: str) -> None:
        if self.refusing is not None:
            raise self.refusing
        if self.manifest is not None and permission not in self.manifest.permissions:
            raise Refused(reason="PERMISSION_NOT_ASKED", message=f"the manifest does not ask for {permission}")
