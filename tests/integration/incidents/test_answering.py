"""Whoever works a case fills in its form; the history names the questions and never the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from gridward.incidents.v1 import answers_pb2, answers_pb2_grpc, cases_pb2

from services.platform import errors
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

if TYPE_CHECKING:
    from services.platform.identity import Caller


async def answer(
    hall: Hall, by: Caller, case: cases_pb2.Case, words: str, *, version: int = 0
) -> answers_pb2.AnswerFormResponse:
    hall.stub(by)
    stub: answers_pb2_grpc.AnswersServiceAsyncStub = answers_pb2_grpc.AnswersServiceStub(hall.channels[repr(by)])
    request = answers_pb2.AnswerFormRequest(
        case_id=case.id, request_id=town.request_id(), version=version or case.version, form_answers=words
    )
    return await stub.AnswerForm(request)


async def test_the_department_answers_the_form_and_the_history_names_the_questions(hall: Hall) -> None:
    case = await hall.dispatched()
    desk = hall.specialist(case.department_code)
    kept = await answer(hall, desk, case, '{"waste": "construction", "volume_m3": 2}')
    whole = await hall.get(case, by=desk)
    assert whole.case.version == kept.version == case.version + 1
    assert whole.case.form_answers == '{"waste": "construction", "volume_m3": 2}'
    assert whole.case.state == case.state
    last = whole.history[-1]
    assert last.actor == desk.subject
    assert last.opinion.startswith("补充情况:")
    assert "construction" not in last.opinion + last.opinion_en

    with pytest.raises(errors.Stale):
        await answer(hall, desk, case, '{"waste": "mixed"}')
    with pytest.raises(errors.Invalid) as wrong:
        await answer(hall, desk, case, '{"waste": "gold"}', version=kept.version)
    assert wrong.value.reason == "FORM_ANSWERS_INVALID"
    with pytest.raises(errors.Forbidden) as other:
        await answer(hall, hall.worker, case, '{"waste": "mixed"}', version=kept.version)
    assert other.value.reason == "FORM_NOT_YOURS"
    with pytest.raises(errors.NotFound):
        await answer(hall, hall.specialist("D01"), case, '{"waste": "mixed"}', version=kept.version)


async def test_the_form_of_an_ended_case_stays_as_it_is(hall: Hall) -> None:
    case = await hall.closed()
    with pytest.raises(errors.Conflict) as ended:
        await answer(hall, hall.acceptor, case, '{"waste": "mixed"}')
    assert ended.value.reason == "FORM_CASE_ENDED"
