"""Says tickets in the words of the contract."""

from collections.abc import Iterable

from gridward.incidents.v1 import errands_pb2

from services.incidents.errands.domain import Errand, Line, Mode, Place, State
from services.incidents.messages.moments import stamp

MODES = {mode: errands_pb2.ErrandMode.Value(f"ERRAND_MODE_{mode.name}") for mode in Mode}
MODE_OF = {number: mode for mode, number in MODES.items()}
PLACES = {place: errands_pb2.ErrandPlace.Value(f"ERRAND_PLACE_{place.name}") for place in Place}
PLACE_OF = {number: place for place, number in PLACES.items()}
STATES = {state: errands_pb2.ErrandState.Value(f"ERRAND_STATE_{state.name}") for state in State}
STATE_OF = {number: state for state, number in STATES.items()}


def errand_message(errand: Errand, lines: Iterable[Line], *, with_consent: bool) -> errands_pb2.Errand:
    """A ticket."""
    told = errands_pb2.Errand(
        id=errand.id,
        version=errand.version,
        state=STATES[errand.state],
        mode=MODES[errand.mode],
        grid_code=errand.grid_code,
        person_id=errand.person_id,
        matter=errand.matter,
        lines=[_line_message(line) for line in lines],
        opened_at=stamp(errand.opened_at),
    )
    if errand.consent is not None:
        told.consent.until_day = errand.consent.until.isoformat()
        told.consent.object_key = errand.consent.object_key if with_consent else ""
    return told


def _line_message(line: Line) -> errands_pb2.ErrandLine:
    return errands_pb2.ErrandLine(
        at=stamp(line.at),
        by=line.by,
        place=PLACES[line.place],
        mode=MODES[line.mode],
        state=STATES[line.state],
        words=line.words,
    )
