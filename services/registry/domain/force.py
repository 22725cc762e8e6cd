"""Describes who was sent into the grids, and refuses a list in which somebody would stand nowhere."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import IntEnum

from services.platform.errors import Invalid


class ForceRefused(Invalid):
    """Nobody was placed. Row {row}, {staff_code}: {problem}."""

    reason = "FORCE_REFUSED"


class ForceKind(IntEnum):
    """Where somebody comes from; the numbers are those of the contract."""

    CADRE = 1
    RECRUIT = 2
    SOCIAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceMember:
    """Somebody of the force and the grids he answers for."""

    staff_code: str
    kind: ForceKind
    unit: str
    grid_codes: tuple[str, ...]


def require_placed(members: Sequence[ForceMember], *, grids: Container[str], reached: Container[str]) -> None:
    """Fails with FORCE_REFUSED, naming the first row in which somebody stands nowhere, or where he may not be put."""
    seen: set[str] = set()
    for row, member in enumerate(members, start=1):
        problem = ""
        if member.staff_code in seen:
            problem = "named twice"
        elif not member.grid_codes:
            problem = "without a grid"
        else:
            unknown = next((code for code in member.grid_codes if code not in grids), "")
            foreign = next((code for code in member.grid_codes if code not in reached), "")
            if unknown:
                problem = f"{unknown} is no grid in force"
            elif foreign:
                problem = f"{foreign} is not yours"
        if problem:
            raise ForceRefused(row=row, staff_code=member.staff_code, problem=problem)
        seen.add(member.staff_code)
