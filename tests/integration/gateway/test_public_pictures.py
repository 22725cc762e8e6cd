"""Who has no office sees pictures with faces and plates hidden, or none; who has one sees them as they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from gridward.video.v1 import privacy_pb2, privacy_pb2_grpc

from services.gateway import transcode
from services.platform.errors import Unavailable
from services.platform.grpc_server import Offer, Process
from services.platform.identity import current_caller
from services.platform.settings import ServiceSettings
from tests.integration.gateway.fakes import FakeSuite, a_case
from tests.integration.gateway.world import World, settings_for, world_of
from tests.support.servers import ObjectStoreServer
from tests.support.tokens import TestTokens
from tests.unit.gateway.test_pictures import drawn

PHOTO = drawn(size=(800, 600))
#: What the blurring makes of any picture here: told apart by its size.
BLURRED = drawn(size=(400, 300))


@dataclass
class Blurring(privacy_pb2_grpc.PrivacyServiceServicer):
    """Stands in for the video service."""

    away: bool = False
    asked: list[str] = field(default_factory=list)

    async def BlurPicture(
        self, request: privacy_pb2.BlurPictureRequest, context: Any
    ) -> privacy_pb2.BlurPictureResponse:
        self.asked.append(current_caller().subject)
        if self.away:
            raise Unavailable(part="blurring")
        return privacy_pb2.BlurPictureResponse(picture=BLURRED, faces=1)


@pytest.fixture
def blurring() -> Blurring:
    return Blurring()


@pytest.fixture
async def city(
    make_database: Callable[[str], str],
    object_store: ObjectStoreServer,
    tokens: TestTokens,
    fake_suite: FakeSuite,
    blurring: Blurring,
) -> AsyncIterator[World]:
    settings = ServiceSettings(trust_file=tokens.trust_file, signing_key_file=tokens.key_file("video"), drain_s=0.1)
    offer = Offer(
        descriptor=privacy_pb2.DESCRIPTOR.services_by_name["PrivacyService"],
        add=lambda server: privacy_pb2_grpc.add_PrivacyServiceServicer_to_server(blurring, server),
    )
    process = Process(name="video", settings=settings, offers=[offer])
    port = await process.start()
    addresses = {**await fake_suite.start(), "video_address": f"127.0.0.1:{port}"}
    async with world_of(settings_for(make_database("gateway"), object_store, tokens, addresses), fake_suite) as world:
        yield world
    await process.stop()


async def case_with_picture(city: World) -> tuple[str, str]:
    """A case that a worker photographed; its number, and where the picture is."""
    async with city.signed_in("worker") as worker:
        evidence = (await worker.post("/v1/photos", content=PHOTO)).json()
    case = a_case(1)
    transcode.filled(case.evidence.add(), {**evidence, "lent": ""})
    city.suite.incidents.put(case)
    return case.number, f"/v1/evidence/{evidence['objectKey']}"


async def lent(client: Any, number: str) -> str:
    return str((await client.get(f"/v1/cases/{number}")).json()["case"]["evidence"][0]["lent"])


async def test_a_resident_sees_the_blurred_form_and_the_office_sees_the_picture(
    city: World, blurring: Blurring
) -> None:
    number, address = await case_with_picture(city)
    async with city.signed_in("resident") as resident, city.signed_in("chief") as chief:
        office, public = await lent(chief, number), await lent(resident, number)
        assert "form=" not in office
        assert public.endswith("&form=public")
        whole = (await chief.get(f"{address}?{office}")).content
        assert blurring.asked == [], "nobody is asked for what nobody in public looks at"
        shown, small = await asyncio.gather(
            resident.get(f"{address}?{public}"), resident.get(f"{address}?{public}&size=small")
        )
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
        assert shown.content != whole
        assert len(small.content) < len(shown.content)
        assert (await resident.get(f"{address}?{public}")).content == shown.content
        assert set(blurring.asked) == {"service:gateway"}
        assert len(blurring.asked) == 1, "made once, for both sizes and for all who look"
        for bent in (public.removesuffix("&form=public"), public.replace("form=public", "form=")):
            assert (await resident.get(f"{address}?{bent}")).json()["reason"] == "EVIDENCE_UNKNOWN"


async def test_while_blurring_is_away_a_picture_is_not_shown_in_public_rather_than_shown_whole(
    city: World, blurring: Blurring
) -> None:
    number, address = await case_with_picture(city)
    blurring.away = True
    async with city.signed_in("resident") as resident, city.signed_in("chief") as chief:
        public = await lent(resident, number)
        refused = await resident.get(f"{address}?{public}")
        assert (refused.status_code, refused.json()["reason"]) == (503, "PICTURE_WITHHELD")
        assert (await chief.get(f"{address}?{await lent(chief, number)}")).status_code == 200
        blurring.away = False
        assert (await resident.get(f"{address}?{public}")).status_code == 200


async def test_who_brought_a_picture_sees_it_as_it_is(city: World, blurring: Blurring) -> None:
    async with city.signed_in("resident") as resident:
        evidence = (await resident.post("/v1/photos", content=PHOTO)).json()
        assert evidence["lent"].endswith("&form=public")
        own = await resident.get(f"/v1/evidence/{evidence['objectKey']}?{evidence['lent']}")
    assert own.status_code == 200
    assert blurring.asked == []


async def test_what_a_camera_took_is_whole_for_those_alone_who_have_the_right_to_originals(
    city: World, blurring: Blurring
) -> None:
    """A desk reads the case and sees the street; faces and plates in it are for the chief and for video patrol."""
    number, address = await case_with_picture(city)
    case = next(whole.case for whole in city.suite.incidents.cases.values() if whole.case.number == number)
    case.evidence[0].camera_id = "CAM001"
    clip = case.evidence.add(object_key="patrol/one.mp4", camera_id="CAM001", content_type="video/mp4")
    await city.gate.uploads.objects.put(clip.object_key, b"film", "video/mp4")
    city.suite.hire("staff:video", "acceptor")
    async with city.signed_in("video") as desk, city.signed_in("chief") as chief:
        hidden, whole = await lent(desk, number), await lent(chief, number)
        assert hidden.endswith("&form=public")
        assert "form=" not in whole
        assert (await desk.get(f"{address}?{hidden}")).content != (await chief.get(f"{address}?{whole}")).content
        assert len(blurring.asked) == 1
        film = (await desk.get(f"/v1/cases/{number}")).json()["case"]["evidence"][1]["lent"]
        refused = await desk.get(f"/v1/evidence/{clip.object_key}?{film}")
        assert (refused.status_code, refused.json()["reason"]) == (503, "PICTURE_WITHHELD")
        film = (await chief.get(f"/v1/cases/{number}")).json()["case"]["evidence"][1]["lent"]
        assert (await chief.get(f"/v1/evidence/{clip.object_key}?{film}")).content == b"film"
