"""Says one thing to several people: each in their language, in the application and, if wanted, by text message."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.incidents.notices import store
from services.incidents.notices.directory import Person
from services.incidents.notices.domain import Channel, Occasion, QuietHours, Texts, filled
from services.incidents.notices.store import NewNotice
from services.incidents.notices.supplied import SUPPLIED
from services.platform.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What is to be told; `mark` keeps what comes more than once apart."""

    occasion: Occasion
    mark: str = ""
    case_id: str = ""
    task_type: str = ""
    #: The figures of the text in a language.
    figures: Callable[[str], Mapping[str, str]]


async def address(
    transaction: Transaction, saying: Saying, people: Iterable[Person], quiet_hours: QuietHours, now: datetime
) -> None:
    """Put it before each of them; who was told before is not told again."""
    told = {person.subject: person for person in people}
    contacts = await store.read_contacts(transaction, list(told))
    texts = Texts(await store.read_templates(transaction), SUPPLIED)
    notices = []
    for subject, person in told.items():
        contact = contacts.get(subject)
        language = contact.language if contact else "zh"
        ways = (Channel.APP, Channel.SMS) if contact is not None and contact.sms else (Channel.APP,)
        for channel in ways:
            text = texts.text(saying.occasion, task_type=saying.task_type, channel=channel, language=language)
            notices.append(
                NewNotice(
                    case_id=saying.case_id,
                    occasion=saying.occasion,
                    mark=saying.mark,
                    recipient=subject,
                    channel=channel,
                    text=filled(text, saying.figures(language)),
                    created_at=now,
                    due_at=quiet_hours.due(now, occasion=saying.occasion, channel=channel, on_duty=person.on_duty),
                )
            )
    await store.insert_notices(transaction, notices)
