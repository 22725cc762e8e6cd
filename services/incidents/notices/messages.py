"""Says notices, texts and webhooks in the words of the contract."""

from gridward.incidents.v1 import notices_pb2

from services.incidents.messages.moments import stamp
from services.incidents.notices.domain import Channel, Occasion, Template
from services.incidents.notices.store import Notice, Webhook

OCCASIONS = {occasion: notices_pb2.Occasion.Value(f"OCCASION_{occasion.name}") for occasion in Occasion}
OCCASION_OF = {number: occasion for occasion, number in OCCASIONS.items()}
CHANNELS = {channel: notices_pb2.Channel.Value(f"CHANNEL_{channel.name}") for channel in Channel}
CHANNEL_OF = {number: channel for channel, number in CHANNELS.items()}


def notice_message(notice: Notice) -> notices_pb2.Notice:
    """A notice and what became of it."""
    return notices_pb2.Notice(
        id=notice.id,
        case_id=notice.case_id,
        case_number=notice.case_number,
        occasion=OCCASIONS[notice.occasion],
        channel=CHANNELS[notice.channel],
        recipient=notice.recipient,
        text=notice.text,
        state=notices_pb2.NoticeState.Value(f"NOTICE_STATE_{notice.state.upper()}"),
        created_at=stamp(notice.created_at),
        due_at=stamp(notice.due_at),
        sent_at=stamp(notice.sent_at),
        delivered_at=stamp(notice.delivered_at),
        read_at=stamp(notice.read_at),
        try_count=notice.try_count,
        problem=notice.problem,
    )


def template_message(template: Template, *, supplied: bool) -> notices_pb2.NoticeTemplate:
    """A text."""
    return notices_pb2.NoticeTemplate(
        occasion=OCCASIONS[template.occasion],
        task_type=template.task_type,
        channel=CHANNELS[template.channel] if template.channel else notices_pb2.CHANNEL_UNSPECIFIED,
        language=template.language,
        text=template.text,
        supplied=supplied,
    )


def template_of(message: notices_pb2.NoticeTemplate) -> Template:
    """A text as somebody wrote it."""
    return Template(
        occasion=OCCASION_OF[message.occasion],
        task_type=message.task_type,
        channel=CHANNEL_OF.get(message.channel),
        language=message.language,
        text=message.text,
    )


def webhook_message(webhook: Webhook) -> notices_pb2.Webhook:
    """A webhook, without its secret."""
    return notices_pb2.Webhook(
        id=webhook.id,
        url=webhook.url,
        event_types=sorted(webhook.event_types),
        area_code=webhook.area_code,
        department_code=webhook.department_code,
        stopped=webhook.stopped,
        added_by=webhook.added_by,
        waiting_count=webhook.waiting_count,
        failed_count=webhook.failed_count,
    )
