"""Says who earns how much when a case is rated."""

from dataclasses import dataclass

from services.incidents.domain.case import Case
from services.incidents.domain.tasktypes import PointsRule


@dataclass(frozen=True, slots=True)
class Reward:
    """Points for somebody."""

    beneficiary: str
    points: int


def reward_of(case: Case, rule: PointsRule) -> Reward | None:
    """What the rating earns; None when it earns nothing, was rewarded before, or nobody is known to earn it."""
    if case.dealings.rewarded:
        return None
    people = {"reporter": case.reporter, "solver": case.solver}
    beneficiary = people.get(rule.beneficiary, "")
    points = rule.points_for(case.rating)
    return Reward(beneficiary, points) if beneficiary and points > 0 else None
