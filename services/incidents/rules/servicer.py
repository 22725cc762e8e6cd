"""Answers calls about routing rules."""

from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import rules_pb2, rules_pb2_grpc

from services.incidents.messages.moments import stamp
from services.incidents.rules import store
from services.incidents.rules.actions import Ruling, Trial, rule_keys
from services.incidents.rules.messages import rule_of, version_message
from services.platform.database import Database
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class RulesServicer(rules_pb2_grpc.RulesServiceServicer):
    """See rules.proto."""

    def __init__(self, database: Database, ruling: Ruling) -> None:
        self._database = database
        self._ruling = ruling

    async def SaveRules(self, request: rules_pb2.SaveRulesRequest, context: Context) -> rules_pb2.SaveRulesResponse:
        """See rules.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        rules = [rule_of(rule) for rule in request.rules]
        return rules_pb2.SaveRulesResponse.FromString(await self._ruling.save(key, rules, request.note, caller))

    async def DryRunRules(
        self, request: rules_pb2.DryRunRulesRequest, context: Context
    ) -> rules_pb2.DryRunRulesResponse:
        """See rules.proto."""
        return _trial_message(await self._ruling.dry_run(request.version, request.case_count))

    async def ActivateRules(
        self, request: rules_pb2.ActivateRulesRequest, context: Context
    ) -> rules_pb2.ActivateRulesResponse:
        """See rules.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        answer = await self._ruling.activate(key, request.version, request.active_version, caller)
        return rules_pb2.ActivateRulesResponse.FromString(answer)

    async def GetRules(self, request: rules_pb2.GetRulesRequest, context: Context) -> rules_pb2.GetRulesResponse:
        """See rules.proto."""
        async with self._database.connection() as connection:
            return await self._ruling.told(connection, request.version)

    async def ListRuleVersions(
        self, request: rules_pb2.ListRuleVersionsRequest, context: Context
    ) -> rules_pb2.ListRuleVersionsResponse:
        """See rules.proto."""
        async with self._database.connection() as connection:
            versions = await store.list_versions(connection)
        return rules_pb2.ListRuleVersionsResponse(versions=[version_message(version) for version in versions])


def _trial_message(trial: Trial) -> rules_pb2.DryRunRulesResponse:
    return rules_pb2.DryRunRulesResponse(
        case_count=trial.case_count,
        moved_count=trial.moved_count,
        moves=[
            rules_pb2.Move(from_department=before, to_department=after, case_count=count)
            for (before, after), count in trial.moves.most_common()
        ],
        rules=[rules_pb2.RuleHits(rule_key=rule.key, case_count=trial.hits[rule.key]) for rule in trial.rules],
        cases=[
            rules_pb2.MovedCase(
                case_id=moved.case.case_id,
                number=moved.case.number,
                task_type=moved.case.task_type,
                grid_code=moved.case.grid_code,
                from_department=moved.before.department_code,
                to_department=moved.after.department_code,
                from_loop=moved.before.loop_level,
                to_loop=moved.after.loop_level,
                rule_keys=rule_keys(moved.after),
            )
            for moved in trial.shown
        ],
        active_version=trial.active_version,
        oldest_at=stamp(trial.oldest_at),
        loads_are_of_now=trial.loads_are_of_now,
    )
