"""Says duties in the words of the contract."""

from datetime import datetime

from gridward.incidents.v1 import duties_pb2

from services.incidents.duties.domain import Appraisal, Appraiser, Duty
from services.incidents.messages.moments import stamp

APPRAISERS = {who: duties_pb2.Appraiser.Value(f"APPRAISER_{who.name}") for who in Appraiser}
APPRAISER_OF = {number: who for who, number in APPRAISERS.items()}


def duty_message(duty: Duty, at: datetime) -> duties_pb2.Duty:
    """A duty, with what it lacks while it is a draft."""
    return duties_pb2.Duty(
        id=duty.id,
        version=duty.version,
        title=duty.title,
        definition=duty.definition,
        quantity=duty.quantity,
        unit=duty.unit,
        steps=duty.steps,
        measure=duty.measure,
        accountable=duty.accountable,
        area_code=duty.area_code,
        due_at=stamp(duty.due_at),
        published_at=stamp(duty.published_at),
        done=duty.done,
        appraisals=[_appraisal_message(appraisal) for appraisal in duty.appraisals],
        missing=duty.missing(at) if duty.published_at is None else (),
    )


def appraisal_of(told: duties_pb2.Appraisal) -> Appraisal:
    """An appraisal as it is kept."""
    return Appraisal(quarter=told.quarter, appraiser=APPRAISER_OF[told.appraiser], score=told.score, words=told.words)


def _appraisal_message(appraisal: Appraisal) -> duties_pb2.Appraisal:
    return duties_pb2.Appraisal(
        quarter=appraisal.quarter,
        appraiser=APPRAISERS[appraisal.appraiser],
        score=appraisal.score,
        words=appraisal.words,
    )
