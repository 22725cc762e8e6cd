"""Names what can go wrong with cameras, tours, findings and evidence."""

from services.platform.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound, Stale, Unavailable


class CameraUnknown(NotFound):
    """There is no camera {camera} that you may look through."""

    reason = "CAMERA_UNKNOWN"


class CameraUnreachable(Unavailable):
    """Camera {camera} does not answer ({problem}); please try again later."""

    reason = "CAMERA_UNREACHABLE"


class FrameUnreadable(Unavailable):
    """Camera {camera} answers, but sends no picture that can be read ({problem})."""

    reason = "FRAME_UNREADABLE"


class StreamAddressRefused(Invalid):
    """The stream address of camera {camera} is not allowed: {problem}."""

    reason = "STREAM_ADDRESS_REFUSED"


class SnapshotUnknown(NotFound):
    """There is no snapshot {snapshot} that you may see."""

    reason = "SNAPSHOT_UNKNOWN"


class CameraForeign(Forbidden):
    """Camera {camera} stands where you may not change anything."""

    reason = "CAMERA_FOREIGN"


class CameraTaken(AlreadyExists):
    """There is a camera {camera} already."""

    reason = "CAMERA_TAKEN"


class CameraStale(Stale):
    """Camera {camera} was changed by somebody else; please look at it again."""

    reason = "CAMERA_STALE"


class GbCodeTaken(Conflict):
    """The national code {gb_code} belongs to camera {camera}."""

    reason = "GB_CODE_TAKEN"


class GroundUnfit(Invalid):
    """The picture cannot be mapped to the ground by these points: {problem}."""

    reason = "GROUND_UNFIT"


class PictureUnreadable(Invalid):
    """The picture cannot be read."""

    reason = "PICTURE_UNREADABLE"


class LiveViewMissing(NotFound):
    """No media server shows camera {camera} live."""

    reason = "LIVE_VIEW_MISSING"


class RouteUnknown(NotFound):
    """There is no route {route}."""

    reason = "ROUTE_UNKNOWN"


class RouteInvalid(Invalid):
    """Route {route} cannot be toured: {problem}."""

    reason = "ROUTE_INVALID"


class RouteStale(Stale):
    """Route {route} was changed by somebody else; please look at it again."""

    reason = "ROUTE_STALE"


class FindingUnknown(NotFound):
    """There is no finding {finding} that you may see."""

    reason = "FINDING_UNKNOWN"


class FindingDecided(Conflict):
    """Finding {finding} is decided already."""

    reason = "FINDING_DECIDED"


class FindingStale(Stale):
    """Finding {finding} was changed by somebody else; please look at it again."""

    reason = "FINDING_STALE"


class FindingClassUnknown(Invalid):
    """There is no class of findings {code}."""

    reason = "FINDING_CLASS_UNKNOWN"


class RefusalUnexplained(Invalid):
    """Please say why finding {finding} is refused."""

    reason = "REFUSAL_UNEXPLAINED"


class MergeImpossible(Conflict):
    """Finding {finding} cannot become part of finding {into}."""

    reason = "MERGE_IMPOSSIBLE"


class ZoneInvalid(Invalid):
    """Zone {zone} cannot be used: {problem}."""

    reason = "ZONE_INVALID"


class EvidenceUnknown(NotFound):
    """There is no kept picture {evidence} that you may see."""

    reason = "EVIDENCE_UNKNOWN"


class EvidenceAltered(Conflict):
    """Kept picture {evidence} is not what was stored; it is not shown as evidence."""

    reason = "EVIDENCE_ALTERED"


class RescueCallUnknown(NotFound):
    """There is no call for help {call}."""

    reason = "RESCUE_CALL_UNKNOWN"


class VisitFailed(Exception):
    """A camera gave no picture; `problem` is the key of why, the same in rows, metrics and texts."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class Problem:
    """Why a camera gave no picture."""

    NO_STREAM = "no_stream"
    FILM_MISSING = "film_missing"
    ADDRESS_REFUSED = "address_refused"
    NAME_UNKNOWN = "name_unknown"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    BROKEN_OFF = "broken_off"
    NOT_THERE = "not_there"
    LOCKED_OUT = "locked_out"
    PROTOCOL = "protocol"
    CODEC = "codec"
    NO_KEYFRAME = "no_keyframe"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    OVERLOAD = "overload"
    NO_MODEL = "no_model"
    NOT_TURNED = "not_turned"
    PRESET_UNKNOWN = "preset_unknown"


#: The camera answers, but what it sends is no picture; everything else means that it does not answer.
ANSWERED = frozenset(
    {Problem.PROTOCOL, Problem.CODEC, Problem.NO_KEYFRAME, Problem.TOO_LARGE, Problem.UNREADABLE, Problem.BROKEN_OFF}
)
