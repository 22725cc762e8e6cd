"""Nothing grows without bound: batches, layers and imports have sizes, and settings must fit the levels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gridward.registry.v1 import areas_pb2
from pydantic import ValidationError

from services.platform.identity import acting_as, service_caller
from services.platform.lifecycle import Drain
from services.registry.actions import areas, tasks
from services.registry.domain.areas import Area
from services.registry.domain.errors import ImportTooLarge, LayerTooLarge
from services.registry.domain.tasks import Admission, TaskType
from services.registry.servicer.areas import LAYER_BYTES_MAX, AreasServicer
from services.registry.settings import RegistrySettings
from services.registry.store.areas import LayerArea
from tests.unit.registry.builders import grid_code, standing, town
from tests.unit.registry.test_tasks import a_definition


def an_area(version: int, size_bytes: int) -> Area:
    return replace(standing(town())[grid_code(0)], version=version, outline="x" * size_bytes)


def a_task_type(change_version: int, size_bytes: int) -> TaskType:
    definition = a_definition(form_schema="x" * size_bytes)
    return TaskType(
        code="t", version=1, definition=definition, plugin="", admission=Admission.PENDING,
        change_version=change_version,
    )  # fmt: skip


def test_a_batch_of_areas_ends_before_it_is_too_large_for_a_message() -> None:
    rows = [an_area(version, 1_000_000) for version in range(1, 6)]
    batch = areas._batch(rows, after_version=0)
    assert (len(batch.areas), batch.version, batch.complete) == (3, 3, False)
    assert areas._batch(rows[3:], after_version=3).complete
    assert areas._batch([an_area(7, 5_000_000)], after_version=6).version == 7
    empty = areas._batch([], after_version=9)
    assert (empty.areas, empty.version, empty.complete) == ((), 9, True)


def test_a_batch_of_task_types_ends_before_it_is_too_large_for_a_message() -> None:
    rows = [a_task_type(number, 60_000) for number in range(1, 80)]
    batch = tasks._batch(rows, after_version=0)
    assert (len(batch.task_types), batch.version, batch.complete) == (50, 50, False)
    assert tasks._batch(rows[50:], after_version=50).complete


class _Actions:
    """An import that is never reached, and a layer larger than any message."""

    async def get_layer(self, level: int, *, under_code: str) -> tuple[int, list[LayerArea]]:
        return 1, [LayerArea(code="1", name="一", name_en="", kind="urban", outline="x" * LAYER_BYTES_MAX)]


def a_servicer() -> AreasServicer:
    actions: Any = _Actions()
    return AreasServicer(actions, import_bytes_max=100, drain=Drain())


async def test_a_layer_too_large_for_a_message_is_refused_with_advice() -> None:
    context: Any = None
    with pytest.raises(LayerTooLarge):
        await a_servicer().GetAreaLayer(areas_pb2.GetAreaLayerRequest(level=areas_pb2.AREA_LEVEL_GRID), context)


async def test_an_import_that_does_not_end_is_cut_off() -> None:
    async def parts() -> AsyncIterator[areas_pb2.ImportAreasRequest]:
        yield areas_pb2.ImportAreasRequest(header=areas_pb2.ImportAreasHeader(request_id="a-request", crs="EPSG:4326"))
        while True:
            yield areas_pb2.ImportAreasRequest(chunk=b"x" * 60)

    context: Any = None
    with acting_as(service_caller("demo")), pytest.raises(ImportTooLarge):
        await a_servicer().ImportAreas(parts(), context)


@pytest.mark.parametrize(
    "settled",
    [
        {"area_code_lengths": (6, 6, 9)},
        {"area_code_lengths": (6, 6, 9, 12, 15, 0)},
        {"area_code_lengths_of": {"430882": (6, 6, 9)}},
        {"area_code_lengths_of": {"Wuhan": (6, 6, 9, 12, 15, 18)}},
    ],
)
def test_every_level_has_a_code_length(settled: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        RegistrySettings(
            trust_file=tmp_path, signing_key_file=tmp_path, seal_file=tmp_path, database_url="postgresql://", **settled
        )
