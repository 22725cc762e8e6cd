"""Links each case that comes in to what it is like: reports of one event from several sides, and recurrences."""

from collections.abc import Sequence
from datetime import timedelta

from gridward.incidents.v1 import cases_pb2

from services.incidents.aftermath import Happening
from services.incidents.duplicates import store
from services.incidents.duplicates.domain import SAME_SCORE, Compared, Likeness, recurrence
from services.incidents.duplicates.finding import CASE_LIFE_MAX
from services.incidents.duplicates.measures import Measures
from services.incidents.duplicates.store import Around, Link
from services.incidents.messages.incoming import moment_of, point_of
from services.incidents.messages.names import SOURCE_OF
from services.platform.database import Transaction

TYPES = ("incident_reported",)
GROUP = "linking"


class Linking:
    """Reads reports after they were stored, so that none waits for this."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    async def handle(self, transaction: Transaction, happenings: Sequence[Happening]) -> None:
        """Link a batch of reports, in the order in which they came."""
        reports = [_reported(happening) for happening in happenings]
        await self._measures.refresh(transaction)
        pairs = [(report, self._measures.of(report.task_type)) for report in reports]
        opened = await store.find_open_around(transaction, [self._measures.around(report) for report in reports])
        closed = await store.find_closed_around(transaction, [_closed_around(*pair) for pair in pairs])
        links: list[Link] = []
        for (report, measure), alive, ended in zip(pairs, opened, closed, strict=True):
            links += self._links(report, measure, alive, ended)
        if links:
            await store.insert_links(transaction, links)

    def _links(
        self, report: Compared, measure: Likeness, alive: Sequence[Compared], ended: Sequence[Compared]
    ) -> list[Link]:
        older = [case for case in alive if _before(case, report)]
        found = [
            Link(
                case_id=report.case_id,
                other_id=match.case.case_id,
                kind="same",
                score=match.score,
                distance_m=match.distance_m,
            )
            for match in self._measures.like(report, older)
            if match.score >= SAME_SCORE
        ]
        before = recurrence(report, ended, measure)
        if before:
            found.append(
                Link(
                    case_id=report.case_id,
                    other_id=before.case.case_id,
                    kind="recurrence",
                    score=before.score,
                    distance_m=before.distance_m,
                )
            )
        return found


def _reported(happening: Happening) -> Compared:
    told = cases_pb2.IncidentReported()
    happening.payload.Unpack(told)
    case = told.case
    return Compared(
        case_id=case.id,
        number=case.number,
        task_type=case.task_type,
        point=point_of(case.point),
        description=case.description,
        reported_at=moment_of(case.reported_at),
        reporter=case.reporter,
        source=SOURCE_OF[case.source],
    )


def _before(case: Compared, report: Compared) -> bool:
    return (case.reported_at, case.case_id) < (report.reported_at, report.case_id)


def _closed_around(report: Compared, measure: Likeness) -> Around:
    since = report.reported_at - timedelta(days=measure.recurrence_days) - CASE_LIFE_MAX
    return Around(point=report.point, distance_m=measure.distance_m, since=since, task_type=report.task_type)
