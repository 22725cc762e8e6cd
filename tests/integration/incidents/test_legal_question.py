"""A question of law that the justice program hands on reaches the duty lawyer of the grid's station, who takes it."""

from __future__ import annotations

import pytest
from gridward.incidents.v1 import cases_pb2, incidents_pb2, incidents_pb2_grpc
from gridward.registry.v1 import staff_pb2

from services.platform.grpc_client import connect
from services.platform.identity import Caller, Grant
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

STATION = town.GRID[:12]
JUSTICE = Caller(subject="plugin:justice", grants=(Grant(role="plugin", area_path="", department_code="D03"),))


@pytest.mark.mechanism(40)
async def test_a_legal_question_in_a_grid_is_with_that_stations_duty_lawyer(still: Hall) -> None:
    post = staff_pb2.Post(code="LAW-1", role="duty_lawyer", area_code=STATION, staff_code="S-lawyer")
    still.view.take_posts(staff_pb2.WatchPostsResponse(posts=[post], version=100, complete=True))
    case = await still.report(task_type="conflict_mediation", description="房东违约,想咨询合同", form_answers="")
    step = cases_pb2.Step(
        event=cases_pb2.CASE_EVENT_ADDRESS,
        opinion="法律咨询:转本网格驻点值班律师解答。",
        addressees=[cases_pb2.Addressee(receiver="LAW-1")],
    )
    request = incidents_pb2.AdvanceCaseRequest(
        request_id=town.request_id(), case_id=case.id, version=case.version, steps=[step]
    )
    address = f"127.0.0.1:{still.process.port}"
    async with connect(address, signer=still.tokens.signer("host"), caller=JUSTICE) as channel:
        stub: incidents_pb2_grpc.IncidentsServiceAsyncStub = incidents_pb2_grpc.IncidentsServiceStub(channel)
        addressed = (await stub.AdvanceCase(request)).case
    [part] = addressed.parts
    assert (part.receiver, part.holder) == ("LAW-1", "S-lawyer")
    lawyer = still.person("duty_lawyer", STATION, subject="S-lawyer")
    stranger = still.person("duty_lawyer", STATION, subject="S-other")
    for somebody, may in ((lawyer, True), (stranger, False)):
        legal = {each.event for each in (await still.get(addressed, by=somebody)).legal_steps}
        assert (cases_pb2.CASE_EVENT_TAKE in legal) is may
    taken = (await still.advance(addressed, town.step("take"), by=lawyer)).case
    assert taken.dealings.owner == "S-lawyer"
