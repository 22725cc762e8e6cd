"""Answers calls about the catalogue, loans and traces."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias
from uuid import UUID

import grpc
from gridward.registry.v1 import catalogue_pb2, catalogue_pb2_grpc, elements_pb2

from services.platform import paging
from services.platform.audit import AuditRow
from services.platform.identity import current_caller
from services.registry.actions.catalogue import Asking, CatalogueActions
from services.registry.domain.catalogue import CatalogueItem, CatalogueTable, Loan, Openness
from services.registry.domain.schema import ElementKind
from services.registry.servicer.asking import PAGE_SIZE, asked, next_page_token, page_of
from services.registry.servicer.elements import place_in_list
from services.registry.servicer.moments import day_of
from services.registry.store.catalogue import PersonRead

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

DOWNLOAD_SIZE = 500


class CatalogueServicer(catalogue_pb2_grpc.CatalogueServiceServicer):
    """See catalogue.proto."""

    def __init__(self, actions: CatalogueActions) -> None:
        self._actions = actions

    async def ImportCatalogue(
        self, request: catalogue_pb2.ImportCatalogueRequest, context: Context
    ) -> catalogue_pb2.ImportCatalogueResponse:
        """See catalogue.proto."""
        caller = current_caller()
        answer = await self._actions.import_catalogue(
            [_table_of(message) for message in request.tables],
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda counts: catalogue_pb2.ImportCatalogueResponse(
                    changed_count=counts[0], unchanged_count=counts[1]
                ),
            ),
        )
        return catalogue_pb2.ImportCatalogueResponse.FromString(answer)

    async def GetCatalogueTotals(
        self, request: catalogue_pb2.GetCatalogueTotalsRequest, context: Context
    ) -> catalogue_pb2.GetCatalogueTotalsResponse:
        """See catalogue.proto."""
        totals = await self._actions.count_totals()
        return catalogue_pb2.GetCatalogueTotalsResponse(
            units=totals.units,
            tables=totals.tables,
            items=totals.items,
            items_by_openness=[totals.by_openness.get(level, 0) for level in Openness],
        )

    async def SearchCatalogue(
        self, request: catalogue_pb2.SearchCatalogueRequest, context: Context
    ) -> catalogue_pb2.SearchCatalogueResponse:
        """See catalogue.proto."""
        after, size = page_of(request)
        found = await self._actions.search(query=request.query, unit_code=request.unit_code, after=after, size=size)
        return catalogue_pb2.SearchCatalogueResponse(
            items=[_item(item) for item in found], next_page_token=next_page_token([item.code for item in found], size)
        )

    async def SetOpenness(
        self, request: catalogue_pb2.SetOpennessRequest, context: Context
    ) -> catalogue_pb2.SetOpennessResponse:
        """See catalogue.proto."""
        caller = current_caller()
        answer = await self._actions.set_openness(
            request.item_code,
            openness=Openness(request.openness),
            reason=request.reason,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda item: catalogue_pb2.SetOpennessResponse(item=_item(item)),
            ),
        )
        return catalogue_pb2.SetOpennessResponse.FromString(answer)

    async def RequestLoan(
        self, request: catalogue_pb2.RequestLoanRequest, context: Context
    ) -> catalogue_pb2.RequestLoanResponse:
        """See catalogue.proto."""
        caller = current_caller()
        asking = Asking(
            item_codes=list(request.item_codes),
            area_code=request.area_code,
            purpose=request.purpose,
            until=day_of(request.until),
            borrower=request.borrower,
        )
        answer = await self._actions.request_loan(
            asking,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda loan: catalogue_pb2.RequestLoanResponse(loan=_loan(loan)),
            ),
        )
        return catalogue_pb2.RequestLoanResponse.FromString(answer)

    async def DecideLoan(
        self, request: catalogue_pb2.DecideLoanRequest, context: Context
    ) -> catalogue_pb2.DecideLoanResponse:
        """See catalogue.proto."""
        caller = current_caller()
        answer = await self._actions.decide_loan(
            UUID(request.id),
            grant=request.grant,
            unmasked=request.unmasked,
            reason=request.reason,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda loan: catalogue_pb2.DecideLoanResponse(loan=_loan(loan)),
            ),
        )
        return catalogue_pb2.DecideLoanResponse.FromString(answer)

    async def ListLoans(
        self, request: catalogue_pb2.ListLoansRequest, context: Context
    ) -> catalogue_pb2.ListLoansResponse:
        """See catalogue.proto."""
        found, names = await self._actions.list_loans(waiting_only=request.waiting_only, caller=current_caller())
        return catalogue_pb2.ListLoansResponse(loans=[_loan(loan, names) for loan in found])

    async def ReadLoan(
        self, request: catalogue_pb2.ReadLoanRequest, context: Context
    ) -> catalogue_pb2.ReadLoanResponse:
        """See catalogue.proto."""
        size = request.page_size or PAGE_SIZE
        rows = await self._actions.read_loan(
            UUID(request.id),
            key=request.key,
            area_code=request.area_code,
            tags=request.tags,
            after=place_in_list(request.page_token),
            size=size,
            caller=current_caller(),
        )
        last = rows[-1][0] if rows and len(rows) == size and not request.key else None
        return catalogue_pb2.ReadLoanResponse(
            rows=[catalogue_pb2.LentRow(element_id=str(row.id), values=values) for row, values in rows],
            next_page_token=paging.encode(last.grid_code, str(last.id)) if last else "",
        )

    async def ListTraces(
        self, request: catalogue_pb2.ListTracesRequest, context: Context
    ) -> catalogue_pb2.ListTracesResponse:
        """See catalogue.proto."""
        after, size = page_of(request)
        rows = await self._actions.list_traces(
            who=request.who,
            action=request.action,
            target=request.target,
            before=_position(after),
            size=size,
            caller=current_caller(),
        )
        return catalogue_pb2.ListTracesResponse(
            traces=[trace_message(row) for row in rows],
            next_page_token=next_page_token([str(row.position) for row in rows], size),
        )

    async def ListReadsOfMe(
        self, request: catalogue_pb2.ListReadsOfMeRequest, context: Context
    ) -> catalogue_pb2.ListReadsOfMeResponse:
        """See catalogue.proto."""
        reads = await self._actions.list_reads_of_me(
            identity_number=request.identity_number, phone=request.phone, caller=current_caller()
        )
        return catalogue_pb2.ListReadsOfMeResponse(reads=[_read(read) for read in reads])

    async def DownloadOpenData(
        self, request: catalogue_pb2.DownloadOpenDataRequest, context: Context
    ) -> catalogue_pb2.DownloadOpenDataResponse:
        """See catalogue.proto."""
        size = request.page_size or DOWNLOAD_SIZE
        text, rows = await self._actions.download(
            ElementKind(request.kind), after=place_in_list(request.page_token), size=size
        )
        last = rows[-1] if len(rows) == size else None
        token = paging.encode(last.grid_code, str(last.id)) if last else ""
        return catalogue_pb2.DownloadOpenDataResponse(csv=text, next_page_token=token)


def _position(token: str) -> int:
    return int(token) if token.isdigit() else 0


def _table_of(message: catalogue_pb2.CatalogueTable) -> CatalogueTable:
    return CatalogueTable(
        code=message.code,
        unit_code=message.unit_code,
        unit_name=message.unit_name,
        name=message.name,
        cycle=message.cycle,
        items=tuple(
            CatalogueItem(
                code=item.code,
                table_code=message.code,
                name=item.name,
                type=item.type,
                openness=Openness(item.openness or Openness.SEALED),
                kind=ElementKind(item.kind) if item.kind else None,
                element_item=item.element_item,
            )
            for item in message.items
        ),
    )


def _item(item: CatalogueItem) -> catalogue_pb2.CatalogueItem:
    return catalogue_pb2.CatalogueItem(
        code=item.code,
        name=item.name,
        type=item.type,
        openness=catalogue_pb2.Openness.ValueType(item.openness),
        kind=elements_pb2.ElementKind.ValueType(item.kind or 0),
        element_item=item.element_item,
        table_code=item.table_code,
        table_name=item.table_name,
        unit_code=item.unit_code,
    )


def _loan(loan: Loan, names: Mapping[str, str] = MappingProxyType({})) -> catalogue_pb2.Loan:
    message = catalogue_pb2.Loan(
        id=str(loan.id),
        borrower=loan.borrower,
        lender=loan.lender,
        item_codes=loan.item_codes,
        area_code=loan.area_code,
        purpose=loan.purpose,
        until=loan.until.isoformat(),
        state=loan.state,
        reason=loan.reason,
        asked_by=loan.asked_by,
        decided_by=loan.decided_by,
        unmasked=loan.unmasked,
        item_names=[names[code] for code in loan.item_codes if code in names],
    )
    message.asked_at.FromDatetime(loan.asked_at)
    return message


def trace_message(row: AuditRow) -> catalogue_pb2.Trace:
    """A row of the trail as auditors are told of it."""
    message = catalogue_pb2.Trace(
        position=row.position,
        who=row.who,
        roles=row.roles,
        action=row.action,
        target=row.target,
        purpose=row.purpose,
        fields=row.fields,
        row_count=row.row_count,
        masked=row.masked,
        refused=row.refused,
    )
    message.at.FromDatetime(row.at)
    return message


def _read(read: PersonRead) -> catalogue_pb2.Trace:
    message = catalogue_pb2.Trace(
        who=read.department,
        roles=[read.role],
        action=read.action,
        purpose=read.purpose,
        fields=read.fields,
        row_count=1,
        masked=read.masked,
    )
    message.at.FromDatetime(read.at)
    return message
