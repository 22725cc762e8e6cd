"""Which stream addresses may be opened: what the operator allows, and nothing by any detour."""

import asyncio
import ipaddress
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.video.domain.errors import CameraUnreachable, StreamAddressRefused
from services.video.sources.allowed import AllowedSources, FilmSource, LiveSource, Source


def allowed(*hosts: str, folder: Path | None = None) -> AllowedSources:
    return AllowedSources(folder=folder, hosts=hosts)


def refusal(sources: AllowedSources, address: str) -> str:
    with pytest.raises(StreamAddressRefused) as caught:
        sources.check("CAM001", address)
    assert caught.value.details["camera"] == "CAM001"
    return caught.value.details["problem"]


@pytest.mark.parametrize(
    "address",
    ["ftp://10.0.0.1/", "gopher://10.0.0.1/", "concat:a|b", "rtmp://10.0.0.1/", "data:,x", "udp://10.0.0.1", "pipe:0"],
)
def test_only_cameras_and_films_are_opened(tmp_path: Path, address: str) -> None:
    assert "only rtsp" in refusal(allowed("10.0.0.0/8", folder=tmp_path), address)


def test_nothing_is_allowed_until_the_operator_says_so() -> None:
    assert "not one of those allowed" in refusal(allowed(), "rtsp://10.0.0.1/live")
    assert "no folder" in refusal(allowed(), "file:///tmp/film.mp4")


@pytest.mark.parametrize(
    "host", ["10.1.2.3", "10.255.0.9", "192.168.7.7", "camera.example", "a.b.cams.example", "x.cams.example"]
)
def test_a_host_that_is_listed_is_allowed(host: str) -> None:
    sources = allowed("10.0.0.0/8", "192.168.7.7", "camera.example", "*.cams.example")
    source = sources.check("CAM001", f"rtsp://{host}/live")
    assert isinstance(source, LiveSource)
    assert (source.host, source.port) == (host, 554)


@pytest.mark.parametrize(
    "host", ["camera.example.evil", "evilcams.example", "cams.example", "xcamera.example", "11.0.0.1"]
)
def test_a_host_that_only_looks_like_one_is_refused(host: str) -> None:
    assert "not one" in refusal(allowed("camera.example", "*.cams.example"), f"rtsp://{host}/live")


SPECIAL = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "169.254.169.254",
    "224.0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[fe80::1]",
]


@pytest.mark.parametrize("host", SPECIAL)
@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "*", "*.example"])
def test_this_machine_and_its_like_are_refused_in_any_large_network(host: str, network: str) -> None:
    assert "not one" in refusal(allowed("0.0.0.0/0", "::/0", network), f"rtsp://{host}/live")


@pytest.mark.parametrize(
    ("network", "host"), [("127.0.0.1", "127.0.0.1"), ("127.0.0.0/8", "127.3.2.1"), ("::1", "[::1]")]
)
def test_this_machine_is_allowed_when_it_is_named(network: str, host: str) -> None:
    assert isinstance(allowed(network).check("CAM001", f"rtsp://{host}:8554/live"), LiveSource)


def test_a_stream_is_opened_at_the_number_that_was_checked() -> None:
    source = allowed("10.0.0.0/8").check("CAM001", "rtsp://patrol:p%40ss@10.0.0.1:8554/ch/1?profile=main")
    assert isinstance(source, LiveSource)
    assert (source.user, source.password) == ("patrol", "p@ss")
    assert source.url == "rtsp://10.0.0.1:8554/ch/1?profile=main", "what is asked for names nobody"
    with pytest.raises(ValueError, match="looked up"):
        _ = source.dialled
    assert replace(source, address=ipaddress.ip_address("10.0.0.9")).dialled == "10.0.0.9"
    assert "p@ss" not in repr(source)


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://10.0.0.1:99999/live",
        "rtsp://10.0.0.1:x/live",
        "rtsp:///live",
        "rtsp://[10.0.0.1/live",
        "rtsp://10.0.0.1/live#part",
        "rtsp://10.0.0.1/a b",
        "rtsp://10.0.0.1/a\r\nX: y",
        " rtsp://10.0.0.1/live",
        "rtsp://10.0.0.1/直播",
    ],
)
def test_an_address_that_can_be_read_in_two_ways_is_refused(address: str) -> None:
    refusal(allowed("10.0.0.0/8"), address)


def test_a_refusal_does_not_repeat_the_address() -> None:
    with pytest.raises(StreamAddressRefused) as caught:
        allowed().check("CAM001", "rtsp://patrol:s3cret@10.0.0.1/live")
    assert "s3cret" not in str(caught.value) + repr(caught.value.details)
    assert caught.value.__suppress_context__


async def locate(monkeypatch: pytest.MonkeyPatch, sources: AllowedSources, host: str, *addresses: str) -> LiveSource:
    """Where a name leads when the name service answers with these addresses."""

    async def answer(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 554)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", answer)
    source = sources.check("CAM001", f"rtsp://{host}/live")
    assert isinstance(source, LiveSource)
    return await sources.locate("CAM001", source)


async def test_a_listed_name_leads_to_what_the_name_service_says(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await locate(monkeypatch, allowed("camera.example"), "camera.example", "203.0.113.7")
    assert (found.dialled, found.url) == ("203.0.113.7", "rtsp://camera.example:554/live")


async def test_a_name_is_allowed_that_lies_in_an_allowed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await locate(monkeypatch, allowed("10.0.0.0/8"), "camera.example", "10.0.0.5")
    assert found.dialled == "10.0.0.5"


@pytest.mark.parametrize(
    ("hosts", "addresses"),
    [
        (["camera.example"], ["127.0.0.1"]),
        (["camera.example"], ["169.254.169.254"]),
        (["camera.example"], ["203.0.113.7", "127.0.0.1"]),
        (["camera.example"], ["::ffff:127.0.0.1"]),
        (["10.0.0.0/8"], ["203.0.113.7"]),
        (["10.0.0.0/8"], ["10.0.0.5", "203.0.113.7"]),
        (["0.0.0.0/0"], ["127.0.0.1"]),
        (["100.64.0.0/10"], ["100.100.100.200"]),
        (["camera.example"], ["fd00:ec2::254"]),
    ],
)
async def test_a_name_that_leads_elsewhere_is_refused(
    monkeypatch: pytest.MonkeyPatch, hosts: list[str], addresses: list[str]
) -> None:
    with pytest.raises(StreamAddressRefused):
        await locate(monkeypatch, allowed(*hosts), "camera.example", *addresses)


async def test_a_name_nobody_knows_is_a_camera_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CameraUnreachable):
        await locate(monkeypatch, allowed("camera.example"), "camera.example")


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    (folder / "north").mkdir(parents=True)
    (folder / "north" / "CAM001.mp4").write_bytes(b"film")
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    (folder / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    (folder / "circle.mp4").symlink_to(folder / "circle.mp4")
    (tmp_path / "films-of-others").mkdir()
    return folder


def test_a_film_below_the_folder_is_allowed_however_it_is_named(films: Path) -> None:
    path = films / "north" / "CAM001.mp4"
    named: list[Source] = [
        allowed(folder=films).check("CAM001", address)
        for address in (
            path.as_uri(),
            str(path),
            "north/CAM001.mp4",
            "file:north/CAM001.mp4",
            "north/../north/CAM001.mp4",
        )
    ]
    assert named == [FilmSource(path=path)] * 5


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "../secret.mp4",
        "north/../../secret.mp4",
        "file:..%2fsecret.mp4",
        "../films-of-others/CAM001.mp4",
        "link.mp4",
        "",
        "circle.mp4",
        "file://host/north/CAM001.mp4",
        "north/CAM001.mp4\0",
    ],
)
def test_a_film_anywhere_else_is_refused(films: Path, address: str) -> None:
    refusal(allowed(folder=films), address)


@given(st.text(max_size=80) | st.text("./%2fe\\:file@", max_size=40))
def test_no_address_leads_out_of_the_folder_or_to_any_host(address: str) -> None:
    folder = Path("/srv/films")
    try:
        source = allowed(folder=folder).check("CAM001", address)
    except StreamAddressRefused:
        return
    assert isinstance(source, FilmSource)
    assert source.path.is_relative_to(folder)
