"""What the operator writes in the environment is what is allowed."""

from pathlib import Path

import pytest

from services.video.settings import VideoSettings

REQUIRED = {
    "TRUST_FILE": "/keys/trust.json",
    "SIGNING_KEY_FILE": "/keys/video.json",
    "SEAL_FILE": "/keys/video.seal.json",
    "DATABASE_URL": "postgresql:///gridward",
    "S3_ENDPOINT": "127.0.0.1:9000",
    "S3_ACCESS_KEY": "key",
    "S3_SECRET_KEY": "secret",
}


def settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> VideoSettings:
    for name, value in (REQUIRED | values).items():
        monkeypatch.setenv(f"GRIDWARD_{name}", value)
    return VideoSettings()


def test_hosts_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, VIDEO_HOSTS="10.0.0.0/8, *.cams.example ,").video_hosts == (
        "10.0.0.0/8",
        "*.cams.example",
    )


def test_nothing_is_allowed_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(monkeypatch, VIDEO_FILES_DIR="")
    assert (found.video_hosts, found.video_files_dir) == ((), None)


def test_films_lie_in_the_folder_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, VIDEO_FILES_DIR="/srv/films").video_files_dir == Path("/srv/films")
