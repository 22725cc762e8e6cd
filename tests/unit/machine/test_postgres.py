"""The embedded database takes what a machine can spare, and no more."""

import pytest

from services.machine.postgres import shares_of

GIB = 1024**3


@pytest.mark.parametrize(
    ("memory_gib", "shared", "expected"),
    [
        (2, "'256MB'", "'1024MB'"),
        (8, "'512MB'", "'2048MB'"),
        (16, "'1024MB'", "'4096MB'"),
        (256, "'1024MB'", "'4096MB'"),
    ],
)
def test_the_database_keeps_a_sixteenth_of_the_memory_within_bounds(
    memory_gib: int, shared: str, expected: str
) -> None:
    assert shares_of(memory_gib * GIB) == {"shared_buffers": shared, "effective_cache_size": expected}
