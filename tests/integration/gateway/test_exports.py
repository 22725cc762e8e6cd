"""A list and a case are taken along as PDFs: what the reader may see, in the reader's language, on record."""

import io

from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import incidents_pb2
from pypdf import PdfReader

from services.gateway import transcode
from services.platform import audit
from tests.integration.gateway.fakes import a_case
from tests.integration.gateway.world import World
from tests.unit.gateway.test_pictures import drawn


def text_of(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


async def test_a_case_is_drawn_with_its_pictures_as_its_reader_may_see_it(world: World) -> None:
    async with world.signed_in("worker") as worker:
        answer = await worker.post("/v1/photos", params={"kind": "scene"}, content=drawn(size=(1200, 900)))
        evidence = place_pb2.Evidence()
        transcode.filled(evidence, answer.json())
        case = a_case(1, description="井盖 <b>不见了</b> & 有危险", evidence=[evidence])
        world.suite.incidents.put(case)
        shown = await worker.get(f"/cases/{case.number}/sheet.pdf")
        assert shown.headers["content-type"] == "application/pdf"
        assert case.number in shown.headers["content-disposition"]
        sheet = PdfReader(io.BytesIO(shown.content))
        assert case.number in sheet.pages[0].extract_text()
        assert sum(len(page.images) for page in sheet.pages) == 1
        _, asker = world.suite.asked.last(incidents_pb2.GetCaseRequest)
        assert asker.subject == "staff:worker"
        assert (await worker.get("/cases/9991-20260306-00002/sheet.pdf")).status_code == 404
    async with world.gate.database.connection() as connection:
        rows = await audit.read(connection, action="cases.print")
    assert [(row.who, row.target) for row in rows] == [("staff:worker", case.number)]


async def test_a_list_is_drawn_as_the_filters_choose_it(world: World) -> None:
    world.suite.incidents.put(a_case(1, description="路灯不亮"), *(a_case(number) for number in range(2, 41)))
    async with world.signed_in("worker") as worker:
        chosen = text_of((await worker.get("/cases.pdf", params={"text": "路灯"})).content)
        assert "9991-20260306-00001" in chosen
        assert chosen.count("9991-20260306-") == 1
        whole = text_of((await worker.get("/cases.pdf")).content)
        assert whole.count("9991-20260306-") == 40
    async with world.gate.database.connection() as connection:
        rows = await audit.read(connection, action="cases.export")
    assert [(row.target, row.fields, row.row_count) for row in rows] == [
        ("cases.pdf", (), 40),
        ("cases.pdf", ("text",), 1),
    ]
