"""Inspection items of a department come to the city even where another department, which puts some right, never joins."""

from gridward.incidents.v1 import inspections_pb2

from services.host.items import PATIENCE_TRIES, Errand, Known
from services.platform.errors import Invalid, Unavailable

Request = inspections_pb2.ImportItemsRequest
MINE, THEIRS = "blocked_lane", "manhole_cover_missing"


class City:
    """Knows some task types, and refuses a list in which any other is named."""

    def __init__(self, *task_types: str) -> None:
        self.task_types = set(task_types)
        self.away = False
        self.taken: list[list[str]] = []

    def hand_in(self, request: Request) -> int:
        if self.away:
            raise Unavailable(part="incidents")
        if any(item.task_type not in self.task_types for item in request.items):
            error = Invalid()
            error.reason = "INSPECTION_INVALID"
            raise error
        self.taken.append([item.code for item in request.items])
        return len(request.items)

    def known(self) -> Known:
        return Known(task_types=frozenset(self.task_types), departments=frozenset({"D04"}))


def errand_to(city: City) -> Errand:
    items = [
        inspections_pb2.InspectionItem(code=code, task_type=task_type, rectify_department="D04")
        for code, task_type in (("FIRE-01", MINE), ("FIRE-02", THEIRS), ("FIRE-03", MINE))
    ]
    whole = Request(request_id="whole", items=items)
    return Errand(plugin="fire", whole=whole, hand_in=city.hand_in, ask_known=city.known)


def test_all_are_brought_at_once_where_nobody_is_missing() -> None:
    city = City(MINE, THEIRS)
    assert errand_to(city).go()
    assert city.taken == [["FIRE-01", "FIRE-02", "FIRE-03"]]


def test_whoever_is_missing_is_waited_for_a_little_and_then_holds_up_no_other() -> None:
    city = City(MINE)
    errand = errand_to(city)
    assert not any(errand.go() for _ in range(PATIENCE_TRIES))
    assert city.taken == []
    assert not any(errand.go() for _ in range(3))
    assert city.taken == [["FIRE-01", "FIRE-03"]], "in part, and once"
    city.task_types.add(THEIRS)
    assert errand.go()
    assert city.taken[1:] == [["FIRE-01", "FIRE-02", "FIRE-03"]]


def test_a_city_that_is_away_is_asked_again() -> None:
    city = City(MINE, THEIRS)
    city.away = True
    errand = errand_to(city)
    assert not any(errand.go() for _ in range(PATIENCE_TRIES + 2))
    city.away = False
    assert errand.go()
