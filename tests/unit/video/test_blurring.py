"""Faces and number plates are found on real photographs and on a photographed vehicle, and cannot be made out afterwards."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.video.eyes import drawing
from services.video.eyes.blurring import FACES, PLATES, Discretion
from services.video.eyes.change import Rectangle
from services.video.eyes.detector import Detector, ModelRefused
from services.video.eyes.finding import Finder
from services.video.eyes.picture import Pixels, of_film
from services.video.settings import MODELS
from tests.support.plates import KINDS, covered, street_with
from tests.support.scenes import VTEST, Street

PHOTOGRAPHS = VTEST.parent
#: Counted by eye: about where the faces are.
FACES_OF = {
    "messi5.jpg": [(0.42, 0.30, 0.45, 0.36)],
    "basketball1.png": [(0.12, 0.21, 0.15, 0.26), (0.81, 0.16, 0.84, 0.23)],
}


@pytest.fixture(scope="module")
def discretion() -> Discretion:
    return Discretion.open(MODELS, Detector.open(str(MODELS / "nanodet_g")))


def photograph(name: str) -> Pixels:
    found = cv2.imread(str(PHOTOGRAPHS / name))
    assert found is not None
    return np.asarray(found, np.uint8)


def part(picture: Pixels, at: Rectangle) -> Pixels:
    height_px, width_px = picture.shape[:2]
    return picture[int(at[1] * height_px) : int(at[3] * height_px), int(at[0] * width_px) : int(at[2] * width_px)]


def detail(picture: Pixels) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var())


@pytest.mark.parametrize("name", FACES_OF)
def test_faces_on_photographs_are_hidden(discretion: Discretion, name: str) -> None:
    picture = photograph(name)
    hidden = discretion.look(picture)
    assert hidden.faces >= len(FACES_OF[name])
    for face in FACES_OF[name]:
        assert max(covered(face, spot) for spot in hidden.spots) > 0.95


def test_plates_are_hidden_large_and_small_and_nothing_of_them_can_be_read(discretion: Discretion) -> None:
    found = hidden = tried = 0
    for number, kind in enumerate(KINDS):
        for width_px in (45, 140):
            picture, plate_at = street_with(kind, width_px=width_px, seed=number)
            seen = discretion.look(picture)
            tried += 1
            found += seen.plates > 0
            if max((covered(plate_at, spot) for spot in seen.spots), default=0.0) > 0.9:
                hidden += 1
                shown = cv2.imdecode(np.frombuffer(drawing.blurred(picture, seen.spots), np.uint8), cv2.IMREAD_COLOR)
                assert detail(part(np.asarray(shown, np.uint8), plate_at)) < detail(part(picture, plate_at)) / 4
    assert found >= tried - 2
    assert hidden >= tried - 1


def test_heads_of_people_too_far_away_for_a_face_are_hidden(discretion: Discretion) -> None:
    picture = of_film(str(VTEST), 20.0).bgr
    persons = [one for one in Detector.open(str(MODELS / "nanodet_g")).find(picture) if one.label == "person"]
    spots = discretion.look(picture).spots
    assert len(persons) >= 4
    for person in persons:
        left, top, right, bottom = person.box
        head = (left, top, right, top + (bottom - top) * 0.15)
        middle = (
            (left + right) / 2 - 0.002,
            (head[1] + head[3]) / 2 - 0.002,
            (left + right) / 2 + 0.002,
            (head[1] + head[3]) / 2 + 0.002,
        )
        assert max(covered(middle, spot) for spot in spots) > 0.9


def test_a_street_with_nobody_in_it_is_left_as_it_is() -> None:
    for name in (FACES, PLATES):
        assert Finder.open(MODELS / name).find(Street(1).look(traffic=0)) == []


@pytest.mark.parametrize("name", [FACES, PLATES])
def test_a_model_is_the_one_of_its_card_and_the_card_names_source_and_licence(name: str, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(MODELS / name, tmp_path / name))
    card = json.loads((copy / "card.json").read_text())
    assert card["source"]["registry"] == "PyPI"
    assert any(licence in card["licence"] for licence in ("MIT", "Apache-2.0"))
    assert (copy / "LICENSE.package").stat().st_size > 500
    with (copy / "model.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelRefused, match="not the file"):
        Finder.open(copy)
    shutil.rmtree(copy)
    with pytest.raises(ModelRefused, match="cannot be read"):
        Finder.open(copy)
