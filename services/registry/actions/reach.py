"""Holds what a caller wants to write against where that caller may write."""

from services.platform.identity import Caller, Scope
from services.registry.domain.errors import BeyondReach


def require_citywide(caller: Caller, permission: str) -> None:
    """Fails with BEYOND_REACH unless the permission holds for the whole city and every department.

    A path without a dot is the city itself, the empty one everything.
    """
    scope = caller.scope(permission)
    held = zip(scope.area_paths, scope.departments, strict=True)
    if not any("." not in area_path and not department for area_path, department in held):
        raise BeyondReach(subject="the whole city")


def require_reach(scope: Scope, *, subject: str, area_path: str, department_code: str) -> None:
    """Fails with BEYOND_REACH, naming the subject, unless a grant covers both its area and its department."""
    for root, department in zip(scope.area_paths, scope.departments, strict=True):
        if covers(root, area_path) and department in {"", department_code}:
            return
    raise BeyondReach(subject=subject)


def reaches(scope: Scope, area_path: str) -> bool:
    """Whether any grant covers an area, whatever the department."""
    return any(covers(root, area_path) for root in scope.area_paths)


def covers(root: str, area_path: str) -> bool:
    """Whether an area is the root of a subtree or lies below it."""
    return not root or area_path == root or area_path.startswith(f"{root}.")
