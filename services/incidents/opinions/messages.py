"""Says opinions in the words of the contract."""

from gridward.incidents.v1 import opinions_pb2

from services.incidents.messages.moments import stamp
from services.incidents.opinions.domain import Mood, Opinion, State, Step, Tone

TONES = {tone: opinions_pb2.Tone.Value(f"TONE_{tone.name}") for tone in Tone}
TONE_OF = {number: tone for tone, number in TONES.items()}
STATES = {state: opinions_pb2.OpinionState.Value(f"OPINION_STATE_{state.name}") for state in State}
STEP_OF = {opinions_pb2.OpinionStep.Value(f"OPINION_STEP_{step.name}"): step for step in Step}


def opinion_message(opinion: Opinion) -> opinions_pb2.Opinion:
    """An opinion."""
    return opinions_pb2.Opinion(
        id=opinion.id,
        version=opinion.version,
        state=STATES[opinion.state],
        grid_code=opinion.grid_code,
        words=opinion.words,
        tone=TONES[opinion.tone],
        collected_by=opinion.collected_by,
        collected_at=stamp(opinion.collected_at),
        handler=opinion.handler,
        answer=opinion.answer,
        rating=opinion.rating,
        case_id=opinion.case_id,
        closed_at=stamp(opinion.closed_at),
    )


def mood_message(mood: Mood) -> opinions_pb2.Mood:
    """A mood."""
    return opinions_pb2.Mood(
        area_code=mood.area_code,
        day=mood.day.isoformat(),
        index=mood.index,
        collected=mood.collected,
        negative=mood.negative,
        open=mood.open,
    )
