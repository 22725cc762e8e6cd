"""Other services have pictures blurred; nobody else may, and what cannot be blurred is refused, not given back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from gridward.video.v1 import privacy_pb2, privacy_pb2_grpc

from services.platform import errors
from services.platform.identity import service_caller
from services.video.settings import VideoSettings
from tests.integration.video.conftest import Video
from tests.support.scenes import VTEST

FACES = VTEST.with_name("basketball1.png")


def stub_of(video: Video) -> privacy_pb2_grpc.PrivacyServiceAsyncStub:
    return privacy_pb2_grpc.PrivacyServiceStub(video.channel_of(service_caller("gateway")))


async def test_a_service_gets_a_picture_without_faces(video: Video) -> None:
    request = privacy_pb2.BlurPictureRequest(picture=FACES.read_bytes())
    answer = await stub_of(video).BlurPicture(request, timeout=30)
    shown = cv2.imdecode(np.frombuffer(answer.picture, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert (answer.faces, answer.plates, shown.shape) == (2, 0, (480, 640, 3))


async def test_what_is_no_picture_is_refused_and_the_next_one_is_served(video: Video) -> None:
    with pytest.raises(errors.Invalid) as caught:
        await stub_of(video).BlurPicture(privacy_pb2.BlurPictureRequest(picture=b"no picture"), timeout=30)
    assert caught.value.reason == "PICTURE_UNREADABLE"
    request = privacy_pb2.BlurPictureRequest(picture=FACES.read_bytes())
    assert (await stub_of(video).BlurPicture(request, timeout=30)).faces == 2


async def test_people_may_not_use_it(video: Video) -> None:
    people = privacy_pb2_grpc.PrivacyServiceStub(video.channel("duty_chief"))
    with pytest.raises(errors.Forbidden):
        await people.BlurPicture(privacy_pb2.BlurPictureRequest(picture=b"x"))


class TestWithoutModels:
    """A city that has switched blurring off."""

    @pytest.fixture
    def settings(self, settings: VideoSettings) -> VideoSettings:
        return settings.model_copy(update={"video_blur": False})

    async def test_nothing_is_blurred_and_that_is_said(self, video: Video) -> None:
        with pytest.raises(errors.Unavailable) as caught:
            await stub_of(video).BlurPicture(privacy_pb2.BlurPictureRequest(picture=FACES.read_bytes()))
        assert caught.value.details["part"] == "blurring"
