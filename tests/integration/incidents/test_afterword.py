"""What a department's program finds out by the end of a case is said after it, for staff alone."""

from __future__ import annotations

from gridward.incidents.v1 import incidents_pb2, incidents_pb2_grpc

from services.platform.grpc_client import connect
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

SAID = "60天内第三次满溢"


async def test_a_program_says_after_the_end_what_it_found_by_it_and_the_case_stays_closed(hall: Hall) -> None:
    case = await hall.closed()
    program = hall.person("plugin", department="D07", subject="plugin:sanitation")
    channel = connect(f"127.0.0.1:{hall.process.port}", signer=hall.tokens.signer("host"), caller=program)
    request = incidents_pb2.AdvanceCaseRequest(
        request_id=town.request_id(), case_id=case.id, version=case.version, steps=[town.step("note", opinion=SAID)]
    )
    for _ in range(2):
        answer = await incidents_pb2_grpc.IncidentsServiceStub(channel).AdvanceCase(request)
        assert answer.case.state == case.state
    await channel.close()
    staff = await hall.get(case, by=hall.acceptor)
    assert [line.actor for line in staff.history if line.opinion == SAID] == ["plugin:sanitation"]
    assert SAID not in str(await hall.get(case, by=hall.resident))
