"""Lets a department try its hooks on a made-up case, with no broker, no database and no city running."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import ModuleType
from typing import Final, TypedDict, Unpack
from zoneinfo import ZoneInfo

from plugins.sdk.case import (
    Award,
    Case,
    CaseFile,
    CaseState,
    FormAnswer,
    HistoryEntry,
    Leg,
    LegalStep,
    Limit,
    LimitUnit,
    Point,
    Signal,
    Source,
    StepKind,
)
from plugins.sdk.city import Report, Step, Text
from plugins.sdk.errors import Refused
from plugins.sdk.hooks import HOOKS, Hooks

#: Monday 2 March 2026, ten o'clock in the city.
MONDAY_MORNING: Final = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


class CaseChanges(TypedDict, total=False):
    """What a test may want to be different about a case."""

    id: str
    number: str
    version: int
    state: CaseState
    signal: Signal
    task_type: str
    description: str
    place: str
    source: Source
    department_code: str
    loop_level: int
    reported_at: datetime
    deadline_at: datetime | None
    closed_at: datetime | None
    filing_condition: str
    limit: Limit | None
    form_answers: Mapping[str, FormAnswer]
    emergency: bool
    handler: str
    solver: str
    rework_count: int
    return_count: int
    rating: int
    rating_comment: str


def a_case(**changes: Unpack[CaseChanges]) -> Case:
    """A case reported on Monday morning, with whatever the test wants different."""
    ordinary = Case(
        id="01957a7e-0000-7000-8000-000000000001",
        number="9991-20260302-00001",
        version=1,
        state=CaseState.REPORTED,
        signal=Signal.GREEN,
        task_type="manhole_cover_missing",
        task_type_version=1,
        description="井盖不见了",
        place="松风路18号门前",
        point=Point(longitude_deg=119.85, latitude_deg=38.6),
        grid_code="999102001001001",
        area_path="9991.999102.999102001.999102001001.999102001001001",
        department_code="D09",
        source=Source.GRID_WORKER,
        loop_level=1,
        reported_at=MONDAY_MORNING,
        limit=Limit(value=2, unit=LimitUnit.URGENT_HOUR),
    )
    return replace(ordinary, **changes)


def an_entry(step: StepKind, *, opinion: str = "", receiver: str = "", at: datetime = MONDAY_MORNING) -> HistoryEntry:
    """A line of history about a step."""
    return HistoryEntry(
        sequence=2,
        step=step,
        from_state=CaseState.UNKNOWN,
        to_state=CaseState.UNKNOWN,
        actor="somebody",
        role="dispatcher",
        receiver=receiver,
        opinion=opinion,
        at=at,
        elapsed_s=60,
        overdue=False,
    )


@dataclass
class RecordingCity:
    """A city that remembers what it was asked, and does it to the cases it was given."""

    cases: list[Case] = field(default_factory=list)
    refusing: Refused | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    notes: list[tuple[str, Text]] = field(default_factory=list)
    steps: list[tuple[str, Step]] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    def local(self, at: datetime) -> datetime:
        """A moment on the city's clocks."""
        return at.astimezone(self.zone)

    def get_case(self, case_id: str) -> CaseFile:
        """One of the cases given."""
        for case in self.cases:
            if case_id in {case.id, case.number}:
                legal = tuple(LegalStep(step=step) for step in StepKind)
                return CaseFile(case=case, history=(), legs=(), legal_steps=legal)
        raise Refused(reason="CASE_UNKNOWN", message=f"no case {case_id}")

    def note(self, case: Case, text: Text) -> None:
        """Remember what was said."""
        self._refuse()
        self.notes.append((case.id, text))

    def advance(self, case: Case, *steps: Step) -> Case:
        """Remember the steps."""
        self._refuse()
        self.steps.extend((case.id, step) for step in steps)
        return replace(case, version=case.version + len(steps))

    def report(self, report: Report) -> Case:
        """Remember the report."""
        self._refuse()
        self.reports.append(report)
        return a_case(task_type=report.task_type, description=str(report.description), place=report.place)

    def _refuse(self) -> None:
        if self.refusing is not None:
            raise self.refusing


def call(plugin: ModuleType, hook: str, **given: object) -> RecordingCity:
    """Call one hook of a plugin as the city would, and return the city it talked to.

    What the test does not give is made up. A hook that the plugin does not have, a misspelt name or an argument
    that is not on the page of hooks fails as it would when the plugin is loaded.
    """
    hooks = Hooks(plugin.__name__, plugin)
    if hook not in hooks.names:
        raise LookupError(f"{plugin.__name__} has no hook {hook}; it has {', '.join(hooks.names) or 'none'}")
    surplus = given.keys() - HOOKS[hook]
    if surplus:
        raise TypeError(f"{hook} offers {', '.join(HOOKS[hook])}, not {', '.join(sorted(surplus))}")
    city = given.get("city")
    if not isinstance(city, RecordingCity):
        city = RecordingCity()
    hooks.call(hook, **{**_made_up(hook), **given, "city": city})
    return city


def _made_up(hook: str) -> dict[str, object]:
    everything: dict[str, object] = {
        "case": a_case(),
        "entry": an_entry(StepKind.UNKNOWN),
        "before": Signal.GREEN,
        "leg": Leg(loop_level=2, receiver="subdistrict", received_at=MONDAY_MORNING),
        "award": Award(beneficiary="", points=0),
        "at": MONDAY_MORNING,
    }
    return {name: value for name, value in everything.items() if name in HOOKS[hook]}
