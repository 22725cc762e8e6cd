"""Tells the other services what changed in the city, in the transaction in which it changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from gridward.registry.v1 import areas_pb2, elements_pb2, events_pb2, plugins_pb2, tasks_pb2

from services.platform import outbox
from services.platform.database import Transaction
from services.registry.domain.areaimport import ImportPlan
from services.registry.domain.catalogue import Loan
from services.registry.domain.claims import Correction
from services.registry.domain.councils import Proposal, ProposalState
from services.registry.domain.elements import Element
from services.registry.domain.emergencies import Emergency
from services.registry.domain.importing import Opening, Tally
from services.registry.domain.plugins import PluginLife, Release
from services.registry.domain.quiet import DailyWord
from services.registry.domain.staff import Department, OwnerUnit, StoredPost
from services.registry.domain.tasks import Decision, TaskType


async def publish_areas_changed(
    transaction: Transaction, plan: ImportPlan, versions: Mapping[str, int], *, at: datetime
) -> None:
    """One event for each area that an import changed."""
    created = {area.code for area in plan.created}
    async with transaction.pipeline():
        for area in plan.changed:
            payload = events_pb2.AreaChanged(
                code=area.code,
                path=area.path,
                level=areas_pb2.AreaLevel.ValueType(area.level),
                version=versions[area.code],
                created=area.code in created,
                retired=area.retired,
            )
            await outbox.publish(transaction, type="area_changed", subject=area.code, payload=payload, at=at)


async def publish_departments_changed(
    transaction: Transaction, departments: Sequence[Department], owner_units: Sequence[OwnerUnit], *, at: datetime
) -> None:
    """One event for each department and owner unit that an import changed."""
    payloads = [(row.code, events_pb2.DepartmentChanged(department_code=row.code)) for row in departments]
    payloads += [
        (unit.code, events_pb2.DepartmentChanged(department_code=unit.department_code, owner_unit_code=unit.code))
        for unit in owner_units
    ]
    async with transaction.pipeline():
        for subject, payload in payloads:
            await outbox.publish(transaction, type="department_changed", subject=subject, payload=payload, at=at)


async def publish_posts_changed(transaction: Transaction, posts: Sequence[StoredPost], *, at: datetime) -> None:
    """One event for each post that changed."""
    async with transaction.pipeline():
        for stored in posts:
            post = stored.post
            payload = events_pb2.PostChanged(
                code=post.code,
                role=post.role,
                area_code=post.area_code,
                department_code=post.department_code,
                version=stored.version,
            )
            await outbox.publish(transaction, type="post_changed", subject=post.code, payload=payload, at=at)


async def publish_task_type_changed(transaction: Transaction, task_type: TaskType, *, at: datetime) -> None:
    """A task type is new, or its definition or owner changed."""
    payload = events_pb2.TaskTypeChanged(
        code=task_type.code,
        version=task_type.version,
        department_code=task_type.definition.department_code,
        plugin=task_type.plugin,
        admission=tasks_pb2.AdmissionState.ValueType(task_type.admission),
    )
    await outbox.publish(
        transaction,
        type="task_type_changed",
        subject=task_type.code,
        task_type=task_type.code,
        payload=payload,
        at=at,
    )


async def publish_admission_decided(transaction: Transaction, decision: Decision) -> None:
    """The centre decided about a task type."""
    payload = events_pb2.AdmissionDecided(
        code=decision.code,
        before=tasks_pb2.AdmissionState.ValueType(decision.before),
        admission=tasks_pb2.AdmissionState.ValueType(decision.admission),
        decided_by=decision.decided_by,
        reason=decision.reason,
    )
    await outbox.publish(
        transaction,
        type="admission_decided",
        subject=decision.code,
        task_type=decision.code,
        payload=payload,
        at=decision.decided_at,
    )


async def publish_element_changed(transaction: Transaction, element: Element, *, created: bool, at: datetime) -> None:
    """An element is new, different or no longer in force; who wants more asks for it, and sees what it may."""
    payload = events_pb2.ElementChanged(
        id=str(element.id),
        kind=elements_pb2.ElementKind.ValueType(element.kind),
        grid_code=element.grid_code,
        version=element.version,
        created=created,
        retired=element.retired,
    )
    await outbox.publish(transaction, type="element_changed", subject=str(element.id), payload=payload, at=at)


async def publish_elements_imported(transaction: Transaction, opening: Opening, tally: Tally, *, at: datetime) -> None:
    """A file was stored; one event for all of it."""
    payload = events_pb2.ElementsImported(
        import_id=str(opening.id),
        kind=elements_pb2.ElementKind.ValueType(opening.kind),
        created_count=tally.created,
        updated_count=tally.updated,
    )
    await outbox.publish(transaction, type="elements_imported", subject=str(opening.id), payload=payload, at=at)


async def publish_quiet_trouble(transaction: Transaction, word: DailyWord) -> None:
    """A grid told of trouble; the words stay here."""
    payload = events_pb2.QuietTrouble(grid_code=word.grid_code, day=word.day.isoformat(), said_by=word.said_by)
    await outbox.publish(transaction, type="quiet_trouble", subject=word.grid_code, payload=payload, at=word.said_at)


async def publish_areas_reorganised(
    transaction: Transaction, change_id: UUID, *, begun: Sequence[str], heirs: Mapping[str, str], at: datetime
) -> None:
    """A change of areas took effect; whoever keeps something by area moves it to the heir."""
    payload = events_pb2.AreasReorganised(
        change_id=str(change_id), ended_codes=list(heirs), begun_codes=begun, heir_codes=list(heirs.values())
    )
    await outbox.publish(transaction, type="areas_reorganised", subject=str(change_id), payload=payload, at=at)


async def publish_emergency_changed(transaction: Transaction, emergency: Emergency, *, at: datetime) -> None:
    """An area went on its emergency footing, or stood down."""
    over = emergency.ended_at is not None
    payload = events_pb2.EmergencyChanged(
        emergency_id=str(emergency.id),
        area_code=emergency.area_code,
        in_force=not over,
        by=emergency.ended_by if over else emergency.declared_by,
    )
    await outbox.publish(transaction, type="emergency_changed", subject=str(emergency.id), payload=payload, at=at)


async def publish_proposal_decided(
    transaction: Transaction, proposal: Proposal, area_code: str, *, at: datetime
) -> None:
    """A council voted on a proposal."""
    payload = events_pb2.ProposalDecided(
        proposal_id=str(proposal.id),
        council_id=str(proposal.council_id),
        area_code=area_code,
        adopted=proposal.state is ProposalState.ADOPTED,
    )
    await outbox.publish(transaction, type="proposal_decided", subject=str(proposal.id), payload=payload, at=at)


async def publish_correction_opened(transaction: Transaction, task: Correction, *, at: datetime) -> None:
    """A source is asked to correct its books."""
    payload = events_pb2.CorrectionOpened(
        correction_id=str(task.id),
        source=task.source,
        element_id=str(task.element_id),
        item=task.item,
        grid_code=task.grid_code,
    )
    await outbox.publish(transaction, type="correction_opened", subject=str(task.id), payload=payload, at=at)


async def publish_clue_given(transaction: Transaction, clue_id: UUID, *, grid_code: str, at: datetime) -> None:
    """Somebody noticed something; the worker of the grid is to look."""
    payload = events_pb2.ClueGiven(clue_id=str(clue_id), grid_code=grid_code)
    await outbox.publish(transaction, type="clue_given", subject=str(clue_id), payload=payload, at=at)


async def publish_loan_changed(transaction: Transaction, loan: Loan, *, at: datetime) -> None:
    """A loan was asked for, decided or ended."""
    payload = events_pb2.LoanChanged(loan_id=str(loan.id), borrower=loan.borrower, lender=loan.lender, state=loan.state)
    await outbox.publish(transaction, type="loan_changed", subject=str(loan.id), payload=payload, at=at)


async def publish_plugin_changed(
    transaction: Transaction, life: PluginLife, releases: Sequence[Release], *, at: datetime
) -> None:
    """A plugin came, went or was decided about; one event for each of its releases that is concerned."""
    for release in releases:
        payload = events_pb2.PluginChanged(
            plugin=life.name,
            department_code=life.department_code,
            standing=plugins_pb2.PluginStanding.ValueType(life.standing),
            release=release.name,
            version=release.version,
            online=release.online,
            ended=release.ended_at is not None,
            area_codes=life.area_codes,
            task_types=life.task_types,
        )
        payload.since_at.FromDatetime(at)
        if release.from_at is not None:
            payload.from_at.FromDatetime(release.from_at)
        if (until_at := life.until(release)) is not None:
            payload.until_at.FromDatetime(until_at)
        await outbox.publish(transaction, type="plugin_changed", subject=life.name, payload=payload, at=at)
