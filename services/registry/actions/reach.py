"""Holds what a caller wants to write against where that caller may write."""

from services.platform.identity import Caller, Scope
from services.registry.actions.atlas import Map
from services.registry.domain.areas import AreaLevel
from services.registry.domain.errors import AreaUnknown, BeyondReach


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


def grids_in_reach(drawn: Map, scope: Scope, *, area_code: str = "", for_departments: bool = True) -> tuple[str, ...]:
    """The grids below an area, or below all, that any grant covers. Grants bound to a department may not count.

    Fails with AREA_UNKNOWN.
    """
    held = zip(scope.area_paths, scope.departments, strict=True)
    roots = {path.rpartition(".")[2] for path, department in held if for_departments or not department}
    if "" in roots:
        roots = {code for code, area in drawn.areas.items() if area.level is AreaLevel.CITY}
    if area_code and area_code not in drawn.areas:
        raise AreaUnknown(code=area_code)
    wanted = drawn.grids.get(area_code, ()) if area_code else None
    if len(roots) == 1:
        held_grids: tuple[str, ...] = drawn.grids.get(next(iter(roots)), ())
    else:
        held_grids = tuple(sorted({grid for root in roots for grid in drawn.grids.get(root, ())}))
    if wanted is None:
        return held_grids
    mine = set(held_grids)
    return tuple(grid for grid in wanted if grid in mine)
