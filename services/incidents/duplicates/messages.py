"""Says in the words of the contract which cases are alike, and no more of each than the caller may know."""

from gridward.incidents.v1 import duplicates_pb2

from services.incidents.cityview.picture import CityView
from services.incidents.duplicates.domain import Compared, Hotspot, Match
from services.incidents.duplicates.finding import Related, readable
from services.incidents.messages.moments import stamp
from services.incidents.messages.names import SOURCES, STATES
from services.incidents.messages.outgoing import point_message
from services.platform.identity import Caller

#: A place's history shows so many of its cases.
HISTORY_MAX = 20


def glimpse(case: Compared, view: CityView, caller: Caller) -> duplicates_pb2.CaseGlimpse:
    """What little of a case anybody may see; its words only for those who may read it."""
    kind = view.find_task_type(case.task_type)
    shown = readable(case, caller)
    return duplicates_pb2.CaseGlimpse(
        case_id=case.case_id,
        number=case.number,
        task_type=case.task_type,
        task_type_title=kind.title if kind else "",
        task_type_title_en=kind.title_en if kind else "",
        state=STATES[case.state],
        reported_at=stamp(case.reported_at),
        closed_at=stamp(case.closed_at),
        source=SOURCES[case.source],
        follower_count=case.follower_count,
        description=case.description if shown else "",
        place=case.place if shown else "",
    )


def like_message(match: Match, view: CityView, caller: Caller) -> duplicates_pb2.LikeCase:
    """A case that may be the same matter."""
    return duplicates_pb2.LikeCase(
        case=glimpse(match.case, view, caller),
        score=match.score,
        distance_m=match.distance_m,
        same_kind=match.same_kind,
        own=match.case.reporter == caller.subject,
    )


def relation_message(related: Related, view: CityView, caller: Caller) -> duplicates_pb2.Relation:
    """Another case this one has to do with."""
    return duplicates_pb2.Relation(
        case=glimpse(related.case, view, caller), score=related.score, distance_m=related.distance_m
    )


def hotspot_message(spot: Hotspot, view: CityView, caller: Caller) -> duplicates_pb2.Hotspot:
    """A place that comes back, with its history."""
    kind = view.find_task_type(spot.task_type)
    newest, oldest = spot.cases[0], spot.cases[-1]
    return duplicates_pb2.Hotspot(
        task_type=spot.task_type,
        task_type_title=kind.title if kind else "",
        task_type_title_en=kind.title_en if kind else "",
        point=point_message(spot.point),
        radius_m=spot.radius_m,
        grid_code=newest.grid_code,
        grid_name=view.area_name(newest.grid_code),
        case_count=len(spot.cases),
        open_count=spot.open_count,
        first_at=stamp(oldest.reported_at),
        last_at=stamp(newest.reported_at),
        mean_days_between=spot.mean_days_between,
        cases=[glimpse(case, view, caller) for case in spot.cases[:HISTORY_MAX]],
    )
