"""No call is promised by the contract and left to the generated code, which only says that nobody wrote it."""

from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "protos" / "gen"


def servicers() -> list[type]:
    """The generated base of each service of ours."""
    found = []
    for file in sorted((GENERATED / "gridward").rglob("*_pb2_grpc.py")):
        module = import_module(".".join(file.relative_to(GENERATED).with_suffix("").parts))
        found += [kind for name, kind in vars(module).items() if name.endswith("Servicer") and isinstance(kind, type)]
    return found


@pytest.fixture(scope="module", autouse=True)
def _all_services_are_loaded() -> None:
    for file in sorted((ROOT / "services").rglob("*.py")):
        if "Servicer)" in file.read_text() and file.name != "__main__.py":
            import_module(".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


@pytest.mark.parametrize("base", servicers(), ids=lambda kind: kind.__name__)
def test_every_call_of_a_service_is_written(base: type) -> None:
    ours = [kind for kind in base.__subclasses__() if kind.__module__.startswith("services.")]
    assert ours, f"nobody serves {base.__name__}"
    for kind in ours:
        unwritten = [name for name in vars(base) if name[0].isupper() and getattr(kind, name) is vars(base)[name]]
        assert unwritten == [], kind.__name__
