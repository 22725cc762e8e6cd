"""The names that the contract and the rules have for the same thing: states, steps, lights, sources, units."""

from typing import Final

from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2
from gridward.registry.v1 import tasks_pb2

from services.incidents.domain.case import Event, Source, State
from services.incidents.domain.dealings import Ending, Priority
from services.incidents.domain.limits import LimitUnit
from services.incidents.domain.parts import PartKind, PartState
from services.incidents.domain.signal import Signal
from services.incidents.domain.tasktypes import EvidenceKind

# A word that the contract lacks stops the start.
STATES: Final = {word: cases_pb2.CaseState.Value(f"CASE_STATE_{word.name}") for word in State}
EVENTS: Final = {word: cases_pb2.CaseEvent.Value(f"CASE_EVENT_{word.name}") for word in Event}
SIGNALS: Final = {word: cases_pb2.Signal.Value(f"SIGNAL_{word.name}") for word in Signal}
SOURCES: Final = {word: cases_pb2.Source.Value(f"SOURCE_{word.name}") for word in Source}
UNITS: Final = {word: tasks_pb2.LimitUnit.Value(f"LIMIT_UNIT_{word.name}") for word in LimitUnit}
PRIORITIES: Final = {word: cases_pb2.Priority.Value(f"PRIORITY_{word.name}") for word in Priority}
ENDINGS: Final = {
    word: cases_pb2.CaseEnding.Value(f"CASE_ENDING_{word.name.replace('OPEN', 'UNSPECIFIED')}") for word in Ending
}
PART_KINDS: Final = {word: cases_pb2.PartKind.Value(f"PART_KIND_{word.name}") for word in PartKind}
PART_STATES: Final = {word: cases_pb2.PartState.Value(f"PART_STATE_{word.name}") for word in PartState}
EVIDENCE_KINDS: Final = {word: place_pb2.EvidenceKind.Value(f"EVIDENCE_KIND_{word.name}") for word in EvidenceKind}

STATE_OF: Final = {number: word for word, number in STATES.items()}
EVENT_OF: Final = {number: word for word, number in EVENTS.items()}
SIGNAL_OF: Final = {number: word for word, number in SIGNALS.items()}
PRIORITY_OF: Final = {number: word for word, number in PRIORITIES.items()}
UNIT_OF: Final = {number: word for word, number in UNITS.items()}
SOURCE_OF: Final = {number: word for word, number in SOURCES.items()}
EVIDENCE_KIND_OF: Final = {
    place_pb2.EVIDENCE_KIND_UNSPECIFIED: EvidenceKind.SCENE,
    **{number: word for word, number in EVIDENCE_KINDS.items()},
}
