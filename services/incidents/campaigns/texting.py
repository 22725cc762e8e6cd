"""Texts those who are meant: each by a notice of its own, which is sent as all others are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.incidents.campaigns import store
from services.incidents.campaigns.domain import Campaign, Person
from services.incidents.notices import store as notices
from services.incidents.notices.domain import Channel, Occasion, QuietHours
from services.incidents.notices.store import NewNotice
from services.platform.database import Transaction

#: Recipients that begin so are somebody who is meant by a campaign.
CAMPAIGN_TO: Final = "campaign:"


async def text_them(
    transaction: Transaction, campaign: Campaign, persons: Sequence[Person], quiet_hours: QuietHours, now: datetime
) -> None:
    """Send each a text, when the night is over."""
    due_at = quiet_hours.due(now, occasion=Occasion.CAMPAIGN, channel=Channel.SMS, on_duty=False)
    texts = [
        NewNotice(
            case_id="",
            occasion=Occasion.CAMPAIGN,
            mark=campaign.id,
            recipient=f"{CAMPAIGN_TO}{campaign.id}:{person.person_id}",
            channel=Channel.SMS,
            text=campaign.text,
            created_at=now,
            due_at=due_at,
        )
        for person in persons
    ]
    if texts:
        await notices.insert_notices(transaction, texts)
        await store.note_texts(transaction, {recipient_of(text.recipient): text.id for text in texts})


def phone_place(campaign_id: str, person_id: str) -> str:
    """What a sealed number is bound to."""
    return f"campaign_person.phone:{campaign_id}:{person_id}"


def recipient_of(recipient: str) -> tuple[str, str]:
    """Campaign and person of a notice's recipient."""
    campaign_id, _, person_id = recipient.removeprefix(CAMPAIGN_TO).partition(":")
    return campaign_id, person_id
