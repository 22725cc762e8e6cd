"""Tells people of a need that they fit, each once."""

from collections.abc import Sequence
from typing import Final

from services.incidents.domain.errors import CaseUnknown
from services.incidents.notices.addressed import Saying, address
from services.incidents.notices.directory import Directory
from services.incidents.notices.domain import Occasion, QuietHours
from services.incidents.store.reading import find_case
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.identity import Caller

READ_CASES: Final = "incidents.read"
WORDS_MAX: Final = 80


class Needs:
    """What is done with needs that others matched."""

    def __init__(self, database: Database, directory: Directory, quiet_hours: QuietHours, *, clock: Clock) -> None:
        self._database = database
        self._directory = directory
        self._quiet_hours = quiet_hours
        self._clock = clock

    async def tell(self, caller: Caller, case_id: str, subjects: Sequence[str]) -> None:
        """Tell them of what a case asks for, without its door; fails with CASE_UNKNOWN."""
        now = self._clock.now()
        async with self._database.transaction() as transaction:
            stored = await find_case(transaction, case_id, subject=caller.subject, scope=caller.scope(READ_CASES))
            if stored is None:
                raise CaseUnknown(case_id=case_id)
            case = stored.case
            figures = {"number": case.number, "opinion": case.description[:WORDS_MAX]}
            saying = Saying(
                occasion=Occasion.NEEDED, case_id=case.id, task_type=case.task_type, figures=lambda _: figures
            )
            people = [self._directory.one(subject, now) for subject in subjects]
            await address(transaction, saying, people, self._quiet_hours, now)
