"""Tells people of a need that they fit, each once."""

from collections.abc import Sequence
from typing import Final

from services.incidents.domain.errors import CaseUnknown
from services.incidents.notices import store
from services.incidents.notices.directory import Directory
from services.incidents.notices.domain import Channel, Occasion, QuietHours, Texts, filled
from services.incidents.notices.store import NewNotice
from services.incidents.notices.supplied import SUPPLIED
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
            contacts = await store.read_contacts(transaction, subjects)
            texts = Texts(await store.read_templates(transaction), SUPPLIED)
            notices = []
            for subject in dict.fromkeys(subjects):
                contact = contacts.get(subject)
                language = contact.language if contact else "zh"
                ways = (Channel.APP, Channel.SMS) if contact is not None and contact.sms else (Channel.APP,)
                for channel in ways:
                    text = texts.text(Occasion.NEEDED, task_type=case.task_type, channel=channel, language=language)
                    figures = {"number": case.number, "opinion": case.description[:WORDS_MAX]}
                    notices.append(
                        NewNotice(
                            case_id=case.id,
                            occasion=Occasion.NEEDED,
                            mark="",
                            recipient=subject,
                            channel=channel,
                            text=filled(text, figures),
                            created_at=now,
                            due_at=self._quiet_hours.due(
                                now,
                                occasion=Occasion.NEEDED,
                                channel=channel,
                                on_duty=self._directory.one(subject, now).on_duty,
                            ),
                        )
                    )
            await store.insert_notices(transaction, notices)
