"""Answers calls about notices."""

from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import needs_pb2, needs_pb2_grpc, notices_pb2, notices_pb2_grpc

from services.incidents.notices.actions import Telling
from services.incidents.notices.alerts import Alert, Alerts
from services.incidents.notices.carriers import Incoming
from services.incidents.notices.incoming import Incomings
from services.incidents.notices.messages import (
    OCCASION_OF,
    notice_message,
    template_message,
    template_of,
    webhook_message,
)
from services.incidents.notices.needs import Needs
from services.incidents.notices.webhooks import Wanted, Webhooks
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class NoticesServicer(notices_pb2_grpc.NoticesServiceServicer):
    """See notices.proto."""

    def __init__(self, telling: Telling, webhooks: Webhooks, incomings: Incomings) -> None:
        self._telling = telling
        self._webhooks = webhooks
        self._incomings = incomings

    async def ListMyNotices(
        self, request: notices_pb2.ListMyNoticesRequest, context: Context
    ) -> notices_pb2.ListMyNoticesResponse:
        """See notices.proto."""
        return await self._telling.mine(
            current_caller(), unread_only=request.unread_only, size=request.page_size, token=request.page_token
        )

    async def MarkRead(self, request: notices_pb2.MarkReadRequest, context: Context) -> notices_pb2.MarkReadResponse:
        """See notices.proto."""
        left = await self._telling.mark_read(current_caller(), request.notice_id)
        return notices_pb2.MarkReadResponse(unread_count=left)

    async def SetMyContact(
        self, request: notices_pb2.SetMyContactRequest, context: Context
    ) -> notices_pb2.SetMyContactResponse:
        """See notices.proto."""
        masked = await self._telling.set_contact(
            current_caller(), phone=request.phone, sms=request.sms, language=request.language
        )
        return notices_pb2.SetMyContactResponse(
            phone_masked=masked, sms=request.sms and bool(masked), language=request.language or "zh"
        )

    async def GetMyContact(
        self, request: notices_pb2.GetMyContactRequest, context: Context
    ) -> notices_pb2.GetMyContactResponse:
        """See notices.proto."""
        phone_masked, sms, language = await self._telling.my_contact(current_caller())
        return notices_pb2.GetMyContactResponse(phone_masked=phone_masked, sms=sms, language=language)

    async def ListCaseNotices(
        self, request: notices_pb2.ListCaseNoticesRequest, context: Context
    ) -> notices_pb2.ListCaseNoticesResponse:
        """See notices.proto."""
        found = await self._telling.of_case(request.case_id, current_caller())
        return notices_pb2.ListCaseNoticesResponse(notices=[notice_message(notice) for notice in found])

    async def ListTemplates(
        self, request: notices_pb2.ListTemplatesRequest, context: Context
    ) -> notices_pb2.ListTemplatesResponse:
        """See notices.proto."""
        own, supplied = await self._telling.templates()
        messages = [template_message(template, supplied=False) for template in own]
        messages += [template_message(template, supplied=True) for template in supplied]
        return notices_pb2.ListTemplatesResponse(templates=messages)

    async def SetTemplate(
        self, request: notices_pb2.SetTemplateRequest, context: Context
    ) -> notices_pb2.SetTemplateResponse:
        """See notices.proto."""
        key = RequestKey.of(request, subject=current_caller().subject, request_id=request.request_id)
        answer = await self._telling.set_template(key, template_of(request.template))
        return notices_pb2.SetTemplateResponse.FromString(answer)

    async def ImportContacts(
        self, request: notices_pb2.ImportContactsRequest, context: Context
    ) -> notices_pb2.ImportContactsResponse:
        """See notices.proto."""
        key = RequestKey.of(request, subject=current_caller().subject, request_id=request.request_id)
        answer = await self._telling.import_contacts(key, request.contacts)
        return notices_pb2.ImportContactsResponse.FromString(answer)

    async def AddWebhook(
        self, request: notices_pb2.AddWebhookRequest, context: Context
    ) -> notices_pb2.AddWebhookResponse:
        """See notices.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        wanted = Wanted(
            url=request.url,
            event_types=frozenset(request.event_types),
            area_code=request.area_code,
            department_code=request.department_code,
        )
        return notices_pb2.AddWebhookResponse.FromString(await self._webhooks.add(key, wanted, caller))

    async def ListWebhooks(
        self, request: notices_pb2.ListWebhooksRequest, context: Context
    ) -> notices_pb2.ListWebhooksResponse:
        """See notices.proto."""
        found = await self._webhooks.all()
        return notices_pb2.ListWebhooksResponse(webhooks=[webhook_message(webhook) for webhook in found])

    async def StopWebhook(
        self, request: notices_pb2.StopWebhookRequest, context: Context
    ) -> notices_pb2.StopWebhookResponse:
        """See notices.proto."""
        webhook = await self._webhooks.stop(request.webhook_id)
        return notices_pb2.StopWebhookResponse(webhook=webhook_message(webhook))

    async def ListDeliveries(
        self, request: notices_pb2.ListDeliveriesRequest, context: Context
    ) -> notices_pb2.ListDeliveriesResponse:
        """See notices.proto."""
        found = await self._webhooks.deliveries(
            request.webhook_id, failed_only=request.failed_only, size=request.page_size
        )
        return notices_pb2.ListDeliveriesResponse(deliveries=[notice_message(notice) for notice in found])

    async def RetryWebhook(
        self, request: notices_pb2.RetryWebhookRequest, context: Context
    ) -> notices_pb2.RetryWebhookResponse:
        """See notices.proto."""
        key = RequestKey.of(request, subject=current_caller().subject, request_id=request.request_id)
        return notices_pb2.RetryWebhookResponse.FromString(await self._webhooks.retry(key, request.webhook_id))

    async def ReceiveSms(
        self, request: notices_pb2.ReceiveSmsRequest, context: Context
    ) -> notices_pb2.ReceiveSmsResponse:
        """See notices.proto."""
        message = Incoming(message_id=request.message_id, phone=request.phone, text=request.text)
        return notices_pb2.ReceiveSmsResponse(reply=await self._incomings.take(message))

    async def RecordReceipts(
        self, request: notices_pb2.RecordReceiptsRequest, context: Context
    ) -> notices_pb2.RecordReceiptsResponse:
        """See notices.proto."""
        receipts = [(receipt.provider_id, receipt.delivered, receipt.problem) for receipt in request.receipts]
        return notices_pb2.RecordReceiptsResponse(changed_count=await self._telling.record_receipts(receipts))


class NeedsServicer(needs_pb2_grpc.NeedsServiceServicer):
    """See needs.proto."""

    def __init__(self, needs: Needs, alerts: Alerts) -> None:
        self._needs = needs
        self._alerts = alerts

    async def TellNeed(self, request: needs_pb2.TellNeedRequest, context: Context) -> needs_pb2.TellNeedResponse:
        """See needs.proto."""
        await self._needs.tell(current_caller(), request.case_id, request.subjects)
        return needs_pb2.TellNeedResponse(subject_count=len(request.subjects))

    async def TellAlert(self, request: needs_pb2.TellAlertRequest, context: Context) -> needs_pb2.TellAlertResponse:
        """See needs.proto."""
        alert = Alert(
            occasion=OCCASION_OF[request.occasion],
            mark=request.mark,
            area_path=request.area_path,
            roles=tuple(request.roles),
            subjects=tuple(request.subjects),
            title=request.title,
            title_en=request.title_en,
            place=request.place,
            count=request.count,
        )
        return needs_pb2.TellAlertResponse(subject_count=await self._alerts.tell(alert))
