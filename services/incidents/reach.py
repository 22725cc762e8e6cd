"""Says how far somebody reaches: which roles of a caller count at a place, and what a statement needs to know of it."""

from services.incidents.cityview.city import City
from services.incidents.domain.errors import AreaNotKnown
from services.platform.errors import Forbidden
from services.platform.identity import Caller, allows


class BeyondReach(Forbidden):
    """{subject} lies outside the area or department you answer for."""

    reason = "BEYOND_REACH"


def roles_at(caller: Caller, permission: str, area_path: str) -> tuple[str, ...]:
    """The roles by which the caller has a permission at a place, each once."""
    return tuple(
        dict.fromkeys(
            grant.role
            for grant in caller.grants
            if allows(grant.role, permission) and lies_in(area_path, grant.area_path)
        )
    )


def lies_in(area_path: str, upper: str) -> bool:
    """Whether an area is another or lies below it; everything lies below the empty path."""
    return not upper or area_path == upper or area_path.startswith(f"{upper}.")


def path_in(city: City, area_code: str) -> str:
    """The path of an area, empty for the whole city; fails with AREA_NOT_KNOWN."""
    if not area_code:
        return ""
    path = city.view.path_of(area_code)
    if path is None:
        raise AreaNotKnown(code=area_code)
    return path


def scope_columns(caller: Caller, permission: str) -> dict[str, list[str]]:
    """The parameters `areas` and `departments` of statements that look only where the caller may."""
    scope = caller.scope(permission)
    return {"areas": list(scope.area_paths), "departments": list(scope.departments)}


def require_reach(caller: Caller, permission: str, area_path: str, *, code: str) -> None:
    """Fails with BEYOND_REACH unless the caller has a permission at a place, not only for one department."""
    scope = caller.scope(permission)
    reached = zip(scope.area_paths, scope.departments, strict=True)
    if not any(not department and lies_in(area_path, path) for path, department in reached):
        raise BeyondReach(subject=code)
