"""Which departments' plugins are installed here; for the others the demo brings the task types itself."""

from importlib.metadata import entry_points
from importlib.util import find_spec

from services.demo import city


def departments_with_plugins() -> frozenset[str]:
    """Codes of the departments whose plugins are installed here."""
    # An entry point may outlive its folder, which anybody may take away.
    installed = {point.name for point in entry_points(group="gridward.plugins") if find_spec(point.module)}
    return frozenset(row["code"] for row in city.data()["departments"] if row["plugin"] in installed)
