"""The films that stand in for the demo's cameras."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from services.demo.clip import FRAMES, write_clip

BYTES_MAX = 300_000


def film(folder: Path, camera_id: str, *, name: str = "film.mp4") -> Path:
    path = folder / name
    write_clip(path, camera_id=camera_id, title="雁坪路(商汇街—澜溪河)枪机01")
    return path


def test_the_same_camera_has_the_same_film(tmp_path: Path) -> None:
    first = film(tmp_path, "CAM001").read_bytes()
    assert film(tmp_path, "CAM001", name="again.mp4").read_bytes() == first
    assert film(tmp_path, "CAM002").read_bytes() != first


@pytest.mark.parametrize("number", [1, 8, 15, 22, 29, 36])
def test_a_film_is_small_and_moves(tmp_path: Path, number: int) -> None:
    path = film(tmp_path, f"CAM{number:03}")
    assert path.stat().st_size < BYTES_MAX
    capture = cv2.VideoCapture(str(path))
    pictures = []
    while (read := capture.read())[0]:
        pictures.append(read[1].astype(int))
    assert len(pictures) == FRAMES
    assert all(np.abs(one - other).max() > 40 for one, other in zip(pictures, pictures[8:], strict=False))


def test_nothing_unfinished_is_left(tmp_path: Path) -> None:
    film(tmp_path, "CAM001")
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
