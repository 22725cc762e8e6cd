"""Narrows statements to the cameras a caller may see."""

from typing import Any

from services.platform.identity import Scope


def scope_values(scope: Scope) -> dict[str, Any]:
    """The areas and departments of a scope, as statements take them."""
    return {"scope_areas": list(scope.area_paths), "scope_departments": list(scope.departments)}
