"""Answers calls about the rules of points, corrections and oddities."""

from datetime import UTC
from typing import Any, Final
from uuid import UUID

import grpc
from gridward.points.v1 import rules_pb2, rules_pb2_grpc

from services.platform.identity import current_caller
from services.points.actions.rules import RuleActions
from services.points.domain.errors import AdjustmentUnknown
from services.points.domain.rules import Rules, Version, rules_from
from services.points.store.rules import Adjustment

Context = grpc.aio.ServicerContext[Any, Any]

ANOMALY_DAYS: Final = 30
LISTS: Final = ("star_minutes", "review_percent", "building_percent", "building_stars")
MAPS: Final = ("category_percent", "rating_percent")


class PointRulesServicer(rules_pb2_grpc.PointRulesServiceServicer):
    """See rules.proto."""

    def __init__(self, actions: RuleActions) -> None:
        self._actions = actions

    async def ListPointRules(
        self, request: rules_pb2.ListPointRulesRequest, context: Context
    ) -> rules_pb2.ListPointRulesResponse:
        """See rules.proto."""
        versions, in_force = await self._actions.versions()
        told = [_version(version, in_force=version == in_force) for version in versions]
        told.append(rules_pb2.RulesVersion(rules=_rules(Rules()), tried=True, in_force=in_force is None))
        return rules_pb2.ListPointRulesResponse(versions=told)

    async def DraftPointRules(
        self, request: rules_pb2.DraftPointRulesRequest, context: Context
    ) -> rules_pb2.DraftPointRulesResponse:
        """See rules.proto."""
        version = await self._actions.draft(
            _rules_told(request.rules), reason=request.reason, author=current_caller().subject
        )
        return rules_pb2.DraftPointRulesResponse(version=_version(version))

    async def TryPointRules(
        self, request: rules_pb2.TryPointRulesRequest, context: Context
    ) -> rules_pb2.TryPointRulesResponse:
        """See rules.proto."""
        tried = await self._actions.try_out(request.version, services=request.services)
        rows = sorted(tried.by_volunteer.items(), key=lambda row: (-abs(row[1][1] - row[1][0]), row[0]))
        return rules_pb2.TryPointRulesResponse(
            rows=[
                rules_pb2.TriedRow(volunteer=who, points_before=before, points_after=after)
                for who, (before, after) in rows
            ],
            points_before=sum(before for before, _ in tried.by_volunteer.values()),
            points_after=sum(after for _, after in tried.by_volunteer.values()),
            services=tried.services,
        )

    async def ActivatePointRules(
        self, request: rules_pb2.ActivatePointRulesRequest, context: Context
    ) -> rules_pb2.ActivatePointRulesResponse:
        """See rules.proto."""
        when = request.effective_at.ToDatetime(tzinfo=UTC) if request.HasField("effective_at") else None
        version = await self._actions.activate(request.version, effective_at=when)
        return rules_pb2.ActivatePointRulesResponse(version=_version(version, in_force=when is None))

    async def ProposeAdjustment(
        self, request: rules_pb2.ProposeAdjustmentRequest, context: Context
    ) -> rules_pb2.ProposeAdjustmentResponse:
        """See rules.proto."""
        wanted = await self._actions.propose(
            owner=request.owner,
            amount=request.amount,
            reason=request.reason,
            proposer=current_caller().subject,
            request_id=request.request_id,
        )
        return rules_pb2.ProposeAdjustmentResponse(adjustment=_adjustment(wanted))

    async def DecideAdjustment(
        self, request: rules_pb2.DecideAdjustmentRequest, context: Context
    ) -> rules_pb2.DecideAdjustmentResponse:
        """See rules.proto."""
        try:
            wanted = UUID(request.adjustment_id)
        except ValueError:
            raise AdjustmentUnknown from None
        decided = await self._actions.decide(wanted, approved=request.approved, decider=current_caller().subject)
        return rules_pb2.DecideAdjustmentResponse(adjustment=_adjustment(decided))

    async def ListAdjustments(
        self, request: rules_pb2.ListAdjustmentsRequest, context: Context
    ) -> rules_pb2.ListAdjustmentsResponse:
        """See rules.proto."""
        found = await self._actions.adjustments(open_only=request.open_only)
        return rules_pb2.ListAdjustmentsResponse(adjustments=[_adjustment(row) for row in found])

    async def ListAnomalies(
        self, request: rules_pb2.ListAnomaliesRequest, context: Context
    ) -> rules_pb2.ListAnomaliesResponse:
        """See rules.proto."""
        rows = await self._actions.anomalies(request.days or ANOMALY_DAYS)
        return rules_pb2.ListAnomaliesResponse(
            anomalies=[
                rules_pb2.Anomaly(
                    kind=row["kind"], subjects=row["subjects"], count=row["times"], order_ids=row["orders"]
                )
                for row in rows
            ]
        )


def _rules_told(message: rules_pb2.PointRules) -> Rules:
    return rules_from({field.name: _plain(message, field.name) for field in message.DESCRIPTOR.fields})


def _plain(message: rules_pb2.PointRules, name: str) -> Any:
    value = getattr(message, name)
    if name in MAPS:
        return dict(value)
    return list(value) if name in LISTS else value


def _rules(rules: Rules) -> rules_pb2.PointRules:
    message = rules_pb2.PointRules()
    for field in message.DESCRIPTOR.fields:
        value = getattr(rules, field.name)
        if field.name in MAPS:
            getattr(message, field.name).update(value)
        elif field.name in LISTS:
            getattr(message, field.name).extend(value)
        else:
            setattr(message, field.name, value)
    return message


def _version(version: Version, *, in_force: bool = False) -> rules_pb2.RulesVersion:
    message = rules_pb2.RulesVersion(
        version=version.number,
        rules=_rules(version.rules),
        reason=version.reason,
        author=version.author,
        tried=version.tried,
        in_force=in_force,
    )
    message.written_at.FromDatetime(version.written_at)
    if version.effective_at is not None:
        message.effective_at.FromDatetime(version.effective_at)
    return message


def _adjustment(adjustment: Adjustment) -> rules_pb2.Adjustment:
    message = rules_pb2.Adjustment(
        id=str(adjustment.id),
        owner=adjustment.owner,
        amount=adjustment.amount,
        reason=adjustment.reason,
        proposer=adjustment.proposer,
        decider=adjustment.decider,
        state=adjustment.state,
    )
    message.proposed_at.FromDatetime(adjustment.proposed_at)
    if adjustment.decided_at is not None:
        message.decided_at.FromDatetime(adjustment.decided_at)
    return message
