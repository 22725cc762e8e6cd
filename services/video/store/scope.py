"""Narrows statements to the cameras a caller may see, and lets the database's own wall look once more."""

from typing import Any, Final

from services.platform import sql
from services.platform.identity import Scope
from services.platform.wall import Wall

_looks = sql.load("services.video", "wall.sql")
#: What of each kind the database itself shows within a scope.
CAMERAS: Final = Wall("video", _looks.look_cameras)
FINDINGS: Final = Wall("video", _looks.look_findings)
EVIDENCE: Final = Wall("video", _looks.look_evidence)
SNAPSHOTS: Final = Wall("video", _looks.look_snapshots)


def scope_values(scope: Scope) -> dict[str, Any]:
    """The areas and departments of a scope, as statements take them."""
    return {"scope_areas": list(scope.area_paths), "scope_departments": list(scope.departments)}
