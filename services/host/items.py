"""Brings a department's inspection items to the city: all of them, or those for which nobody else is missing yet."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from gridward.incidents.v1 import inspections_pb2
from gridward.registry.v1 import staff_pb2, tasks_pb2

from services.host.core import Core
from services.host.offer import known_items
from services.platform.errors import GridwardError
from services.platform.identity import Caller

log = structlog.get_logger(service="host")

#: Some item names a task type or a department that is not there.
SOMEBODY_MISSING: Final = "INSPECTION_INVALID"
#: When everything starts at once, the others will be there in a moment.
PATIENCE_TRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What items may name."""

    task_types: frozenset[str]
    departments: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Errand:
    """Tried again until all items are there; one that names what nobody has brought holds up no other for long."""

    plugin: str
    whole: inspections_pb2.ImportItemsRequest
    hand_in: Callable[[inspections_pb2.ImportItemsRequest], int]
    ask_known: Callable[[], Known]
    tries: int = 0
    _there: frozenset[str] = field(default_factory=frozenset)

    def go(self) -> bool:
        """Try once; whether nothing is left to bring."""
        self.tries += 1
        try:
            in_use = self.hand_in(self.whole)
        except GridwardError as error:
            log.info("items_wait", plugin=self.plugin, reason=error.reason, message=error.message[:200])
            if error.reason == SOMEBODY_MISSING and self.tries > PATIENCE_TRIES:
                self._bring_known()
            return False
        log.info("items_brought", plugin=self.plugin, items=len(self.whole.items), in_use=in_use)
        return True

    def _bring_known(self) -> None:
        try:
            known = self.ask_known()
            part = known_items(self.whole, task_types=known.task_types, departments=known.departments)
            codes = frozenset(item.code for item in part.items)
            if codes <= self._there:
                return
            self.hand_in(part)
        except GridwardError as error:
            log.info("items_wait", plugin=self.plugin, reason=error.reason, message=error.message[:200])
            return
        self._there = codes
        waiting = sorted({item.code for item in self.whole.items} - codes)
        log.info("items_brought_in_part", plugin=self.plugin, items=len(codes), waiting=waiting[:20])


def errand_of(plugin: str, whole: inspections_pb2.ImportItemsRequest, *, core: Core, caller: Caller) -> Errand:
    """The errand of a department that runs."""

    def hand_in(request: inspections_pb2.ImportItemsRequest) -> int:
        return core.call(core.inspections.ImportItems, request, caller=caller).item_count

    def ask_known() -> Known:
        types = core.call(core.tasks.ListTaskTypes, tasks_pb2.ListTaskTypesRequest(), caller=caller)
        staff = core.call(core.staff.ListDepartments, staff_pb2.ListDepartmentsRequest(), caller=caller)
        return Known(
            task_types=frozenset(each.code for each in types.task_types),
            departments=frozenset(each.code for each in staff.departments),
        )

    return Errand(plugin=plugin, whole=whole, hand_in=hand_in, ask_known=ask_known)
