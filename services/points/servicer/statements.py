"""Answers calls about statements, certificates, the wall, rankings and reviews."""

from datetime import date
from typing import Any, Final
from uuid import UUID

import grpc
from gridward.points.v1 import statements_pb2, statements_pb2_grpc

from services.platform import paging
from services.platform.errors import FieldInvalid
from services.platform.identity import allows, current_caller
from services.points.actions.statements import StatementActions
from services.points.domain import statements as domain
from services.points.domain.ledger import available, debt, held, minutes
from services.points.domain.places import within
from services.points.domain.statements import Certificate, Review, Year
from services.points.events.points import line_message
from services.points.servicer.points import place_of, visible

Context = grpc.aio.ServicerContext[Any, Any]

PAGE_SIZE: Final = 50
BOOKS: Final = {
    statements_pb2.STATEMENT_BOOK_UNSPECIFIED: available,
    statements_pb2.STATEMENT_BOOK_POINTS: available,
    statements_pb2.STATEMENT_BOOK_HELD: held,
    statements_pb2.STATEMENT_BOOK_MINUTES: minutes,
    statements_pb2.STATEMENT_BOOK_DEBT: debt,
}
KINDS: Final = {
    statements_pb2.REVIEW_KIND_SELF: domain.SELF,
    statements_pb2.REVIEW_KIND_COMMUNITY: domain.COMMUNITY,
    statements_pb2.REVIEW_KIND_ORGANISATION: domain.ORGANISATION,
}
COMMUNITY_ROLES: Final = frozenset({"community_admin", "subdistrict_admin"})


class StatementsServicer(statements_pb2_grpc.StatementsServiceServicer):
    """See statements.proto."""

    def __init__(self, actions: StatementActions) -> None:
        self._actions = actions

    async def GetStatement(
        self, request: statements_pb2.GetStatementRequest, context: Context
    ) -> statements_pb2.GetStatementResponse:
        """See statements.proto."""
        told = await self._actions.statement(
            BOOKS[request.book](visible(request.owner)),
            before=place_of(request.page_token),
            size=request.page_size or PAGE_SIZE,
        )
        return statements_pb2.GetStatementResponse(
            owner=told.owner,
            points=told.points,
            held=told.held,
            owed=told.owed,
            minutes=told.minutes,
            star=told.star,
            minutes_to_next_star=told.to_next_star,
            expiring=[statements_pb2.Expiring(day=day.isoformat(), points=points) for day, points in told.expiring],
            next_page_token=paging.encode(str(told.entries[-1].sequence)) if told.more else "",
            lines=[line_message(entry, told.titles) for entry in told.entries],
        )

    async def IssueCertificate(
        self, request: statements_pb2.IssueCertificateRequest, context: Context
    ) -> statements_pb2.IssueCertificateResponse:
        """See statements.proto."""
        certificate, paper = await self._actions.issue_certificate(
            visible(request.owner),
            from_day=_day("from_day", request.from_day),
            until_day=_day("until_day", request.until_day),
        )
        return statements_pb2.IssueCertificateResponse(
            certificate=_certificate(certificate, certificate.name), pdf=paper
        )

    async def CheckCertificate(
        self, request: statements_pb2.CheckCertificateRequest, context: Context
    ) -> statements_pb2.CheckCertificateResponse:
        """See statements.proto."""
        found = await self._actions.check_certificate(request.number)
        return statements_pb2.CheckCertificateResponse(certificate=_certificate(found, found.masked_name))

    async def ListWall(
        self, request: statements_pb2.ListWallRequest, context: Context
    ) -> statements_pb2.ListWallResponse:
        """See statements.proto."""
        caller = current_caller()
        reads_all = bool(caller.scope("points.read").area_paths)
        rows, rules = await self._actions.wall(area=request.area_path, size=request.page_size or PAGE_SIZE)
        return statements_pb2.ListWallResponse(
            rows=[
                statements_pb2.WallRow(
                    rank=row["place"],
                    name=row["name"],
                    minutes=row["minutes"],
                    star=rules.star_of(row["minutes"]),
                    community_code=row["community_code"],
                    subject=row["subject"] if reads_all else "",
                    mine=row["subject"] == caller.subject,
                )
                for row in rows
            ]
        )

    async def RankCommunities(
        self, request: statements_pb2.RankCommunitiesRequest, context: Context
    ) -> statements_pb2.RankCommunitiesResponse:
        """See statements.proto."""
        if request.month:
            _day("month", f"{request.month}-01")
        rows = await self._actions.communities(request.month)
        return statements_pb2.RankCommunitiesResponse(
            rows=[
                statements_pb2.CommunityRank(
                    rank=row["place"],
                    community_code=row["community_code"],
                    minutes=row["minutes"],
                    services=row["services"],
                    volunteers=row["volunteers"],
                )
                for row in rows
            ]
        )

    async def ListCommunityServices(
        self, request: statements_pb2.ListCommunityServicesRequest, context: Context
    ) -> statements_pb2.ListCommunityServicesResponse:
        """See statements.proto."""
        if request.month:
            _day("month", f"{request.month}-01")
        areas = current_caller().scope("points.orders.read").area_paths
        size = request.page_size or PAGE_SIZE
        rows = await self._actions.counted(
            request.community_code, request.month, before=_before(request.page_token), size=size + 1
        )
        answer = statements_pb2.ListCommunityServicesResponse()
        for row in rows[:size]:
            shown = within(areas, row["area_path"])
            answer.services.add(
                served_on=row["served_on"].isoformat(),
                nickname=row["nickname"],
                category=row["category"],
                minutes=row["minutes"],
                order_id=row["order_id"] if shown else "",
                number=row["number"] if shown else "",
            )
        if len(rows) > size:
            last = rows[size - 1]
            answer.next_page_token = paging.encode(last["served_on"].isoformat(), str(last["id"]))
        return answer

    async def ExportHours(
        self, request: statements_pb2.ExportHoursRequest, context: Context
    ) -> statements_pb2.ExportHoursResponse:
        """See statements.proto."""
        table, rows = await self._actions.export(
            current_caller(), area=request.area_path, unit=request.unit, purpose=request.purpose
        )
        return statements_pb2.ExportHoursResponse(csv=table, rows=rows)

    async def GiveReview(
        self, request: statements_pb2.GiveReviewRequest, context: Context
    ) -> statements_pb2.GiveReviewResponse:
        """See statements.proto."""
        caller = current_caller()
        owner = caller.subject if request.owner == "me" else request.owner
        person = await self._actions.volunteer(owner)
        here = [
            grant.role
            for grant in caller.grants
            if not grant.area_path or f"{person.area_path}.".startswith(f"{grant.area_path}.")
        ]
        kind = KINDS[request.review.kind]
        domain.check_reviewer(
            kind,
            owner=owner,
            reviewer=caller.subject,
            is_community=bool(COMMUNITY_ROLES & set(here)),
            is_organisation=any(allows(role, "points.reviews.organisation") for role in here),
        )
        review = Review(
            kind=kind,
            score=request.review.score,
            comment=request.review.comment,
            reviewer=caller.subject,
            at=self._actions.clock.now(),
        )
        year = await self._actions.give_review(owner, request.year, review)
        return statements_pb2.GiveReviewResponse(reviews=_year(year))

    async def GetReviews(
        self, request: statements_pb2.GetReviewsRequest, context: Context
    ) -> statements_pb2.GetReviewsResponse:
        """See statements.proto."""
        caller = current_caller()
        owner = request.owner
        if owner not in {"me", caller.subject} and within(
            caller.scope("points.volunteers.read").area_paths, (await self._actions.volunteer(owner)).area_path
        ):
            year = await self._actions.reviews(owner, request.year)
        else:
            year = await self._actions.reviews(visible(owner), request.year)
        return statements_pb2.GetReviewsResponse(reviews=_year(year))


def _day(field: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FieldInvalid(field=field, problem="is no day of the calendar") from None


def _before(token: str) -> tuple[date, UUID] | None:
    keys = paging.decode(token, keys=2)
    if keys is None:
        return None
    try:
        return date.fromisoformat(keys[0]), UUID(keys[1])
    except ValueError:
        raise paging.PageTokenInvalid from None


def _certificate(certificate: Certificate, name: str) -> statements_pb2.Certificate:
    message = statements_pb2.Certificate(
        number=certificate.number,
        name=name,
        minutes=certificate.minutes,
        services=certificate.services,
        from_day=certificate.from_day.isoformat(),
        until_day=certificate.until_day.isoformat(),
        star=certificate.star,
    )
    message.issued_at.FromDatetime(certificate.issued_at)
    return message


def _year(year: Year) -> statements_pb2.YearReviews:
    numbers = {kind: number for number, kind in KINDS.items()}
    message = statements_pb2.YearReviews(
        owner=year.owner,
        unit=year.unit,
        year=year.year,
        missing=[numbers[kind] for kind in year.missing],
        score=year.score or 0.0,
        grade=year.grade,
    )
    for review in year.reviews:
        row = message.reviews.add(
            kind=numbers[review.kind], score=review.score, comment=review.comment, reviewer=review.reviewer
        )
        row.at.FromDatetime(review.at)
    return message
