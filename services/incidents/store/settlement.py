"""Reads what the city has settled for all cases: days off, office hours, limits, responsibilities."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from services.incidents.domain.arealimits import AreaLimits
from services.incidents.domain.calendar import OFFICE_SLOTS, Slot, WorkCalendar
from services.incidents.domain.dealings import Priority
from services.incidents.domain.holiday_table import ChinaHolidays, DayOverride
from services.incidents.domain.limits import Limit
from services.incidents.domain.procedure import Procedure
from services.incidents.domain.rulebook import LOOP_LIMITS, PRIORITY_SHARES, STAGE_LIMITS, Stage
from services.incidents.domain.signal import SignalRules
from services.incidents.store import queries
from services.incidents.store.documents import calendar_of, limits_of, procedure_of
from services.platform.database import Row, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Everything settled, where the city said nothing by default."""

    version: int
    calendar: WorkCalendar
    stage_limits: Mapping[Stage, Limit]
    loop_limits: Mapping[int, Limit]
    signal_rules: SignalRules
    department_by_category: Mapping[str, str]
    department_by_exclusive_grid: Mapping[str, str]
    calendars: Mapping[str, WorkCalendar] = field(default_factory=dict)
    priority_shares: Mapping[Priority, Decimal] = field(default_factory=lambda: PRIORITY_SHARES)
    area_limits: Mapping[str, AreaLimits] = field(default_factory=dict)
    #: For each task type when which procedure came into force, oldest first.
    procedures: Mapping[str, tuple[tuple[datetime, Procedure], ...]] = field(default_factory=dict)


async def read_version(connection: Transaction) -> int:
    """Rises with every change."""
    row = await (await connection.execute(queries.read_settlement_version)).fetchone()
    return int(row["version"]) if row else 0


async def read_settlement(connection: Transaction, zone: ZoneInfo) -> Settlement:
    """All of it, as it is now."""
    row = await (await connection.execute(queries.read_settlement)).fetchone()
    if row is None:
        raise LookupError("settlement")
    stages = {Stage(stage): Limit.of(value, unit) for stage, value, unit in row["stage_limits"] or ()}
    loops = {int(level): Limit.of(value, unit) for level, value, unit in row["loop_limits"] or ()}
    responsible = row["responsibilities"] or ()
    return Settlement(
        version=row["version"],
        calendar=_calendar_of(row, zone),
        stage_limits={**STAGE_LIMITS, **stages},
        loop_limits={**LOOP_LIMITS, **loops},
        signal_rules=_signal_rules_of(row),
        department_by_category={key: code for kind, key, code in responsible if kind == "category"},
        department_by_exclusive_grid={key: code for kind, key, code in responsible if kind == "exclusive_grid"},
        calendars={area: calendar_of(document, zone).work_calendar() for area, document in row["calendars"] or ()},
        priority_shares={
            **PRIORITY_SHARES,
            **{Priority(priority): Decimal(share) for priority, share in row["priority_shares"] or ()},
        },
        procedures=_procedures_of(row),
        area_limits={area: limits_of(document) for area, document in row["area_limits"] or ()},
    )


def _procedures_of(row: Row) -> dict[str, tuple[tuple[datetime, Procedure], ...]]:
    found: dict[str, list[tuple[datetime, Procedure]]] = defaultdict(list)
    for task_type, version, in_force_at, document in row["procedures"] or ():
        found[task_type].append((datetime.fromisoformat(in_force_at), procedure_of(document, version)))
    return {task_type: tuple(versions) for task_type, versions in found.items()}


def _calendar_of(row: Row, zone: ZoneInfo) -> WorkCalendar:
    overrides = tuple(
        DayOverride(day=date.fromisoformat(day["day"]), worked=day["worked"], name=day["name"])
        for day in row["days"] or ()
    )
    slots = tuple(Slot(start_s, end_s) for start_s, end_s in row["slots"] or ())
    table = ChinaHolidays(overrides=overrides, official_years=frozenset(row["years"] or ()))
    return WorkCalendar(zone=zone, table=table, slots=slots or OFFICE_SLOTS)


def _signal_rules_of(row: Row) -> SignalRules:
    if row["signal_rule"] is None:
        return SignalRules()
    yellow_left, red_over, sign_misses = row["signal_rule"]
    return SignalRules(
        yellow_left_ratio=Decimal(yellow_left), red_over_ratio=Decimal(red_over), red_sign_misses=sign_misses
    )
