"""Tells those concerned by the application's bell that a shift was offered, taken over, or taken over in their absence."""

from datetime import datetime

from services.incidents.notices.domain import Channel, Occasion
from services.incidents.notices.store import NewNotice, insert_notices, read_contacts
from services.incidents.shifts.domain import Handover
from services.platform.database import Transaction


async def tell(transaction: Transaction, staff: str, handover: Handover, words: tuple[str, str], at: datetime) -> None:
    """One line for one person, in their language; by text message as well if they wished for those."""
    contact = (await read_contacts(transaction, [staff])).get(staff)
    zh, en = words
    channels = (Channel.APP, Channel.SMS) if contact is not None and contact.sms else (Channel.APP,)
    notices = [
        NewNotice(
            case_id="",
            occasion=Occasion.ALERT,
            mark=f"shift {handover.id} {_standing(handover)}",
            recipient=staff,
            channel=channel,
            text=en if contact is not None and contact.language == "en" else zh,
            created_at=at,
            due_at=at,
        )
        for channel in channels
    ]
    await insert_notices(transaction, notices)


def offered_words(handover: Handover) -> tuple[str, str]:
    """What somebody reads to whom a shift is handed over, in both languages."""
    giver, count = handover.from_staff.removeprefix("staff:"), handover.in_hand_count
    return (
        f"{giver} 向您交班,在手案件 {count} 件,请在右上角姓名菜单的“交接班”里接班",
        f"{giver} hands a shift over to you: {count} cases in hand; take it over under Shift handover, in the menu below your name",
    )


def _standing(handover: Handover) -> str:
    if handover.taken_at:
        return "taken"
    return "declined" if handover.withdrawn_at else "offered"


def declined_words(handover: Handover) -> tuple[str, str]:
    """What the giver reads when it was declined."""
    one, why = handover.to_staff.removeprefix("staff:"), handover.reason
    return (
        f"{one} 不能接班,原因:{why};案件仍在您手中",
        f"{one} cannot take your shift over; reason: {why}. All stays with you",
    )


def taken_words(handover: Handover) -> tuple[str, str]:
    """What the giver reads when it was taken over."""
    taker = handover.taken_by.removeprefix("staff:")
    if handover.reason:
        return _relieved_words(handover, taker)
    zh = f"{taker} 已接班:转交案件 {handover.moved_count} 件"
    en = f"{taker} took your shift over: {handover.moved_count} cases"
    if not handover.left_count:
        return zh, en
    return f"{zh},{handover.left_count} 件对方不能接,仍在您手中", f"{en}; {handover.left_count} stay with you"


def _relieved_words(handover: Handover, taker: str) -> tuple[str, str]:
    count, why = handover.moved_count, handover.reason
    zh = f"您不在岗,{taker} 已代您接过在手案件 {count} 件,原因:{why}"
    en = f"While you were away {taker} took over {count} of your cases; reason: {why}"
    if not handover.left_count:
        return zh, en
    return f"{zh};另有 {handover.left_count} 件仍在您手中", f"{en}; {handover.left_count} stay with you"
