"""What is told to other systems goes outside, or where the operator said, and nowhere else."""

from __future__ import annotations

import ipaddress
import socket

import httpx
import pytest

from services.incidents.notices import outward
from services.incidents.notices.outward import AddressRefused, OutwardTransport

INSIDE = [
    "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "2002:7f00:1::", "ff02::1",
]  # fmt: skip


class Noting(httpx.AsyncBaseTransport):
    """Answers everything and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(200)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the name service says."""
    told: dict[str, list[str]] = {}

    async def numbers_of(host: str, _: httpx.Request) -> list[outward.Address]:
        return [ipaddress.ip_address(number) for number in told.get(host, [host])]

    monkeypatch.setattr(outward, "_numbers_of", numbers_of)
    return told


async def post(url: str, *listed: str) -> httpx.Request:
    noting = Noting()
    async with httpx.AsyncClient(transport=OutwardTransport(listed, noting)) as client:
        await client.post(url)
    return noting.asked[0]


@pytest.mark.parametrize("number", INSIDE)
@pytest.mark.usefixtures("names")
async def test_an_address_that_leads_inside_is_refused(number: str) -> None:
    assert not outward.outside(ipaddress.ip_address(number))
    with pytest.raises(AddressRefused):
        await post(f"http://[{number}]/" if ":" in number else f"http://{number}/")


async def test_a_name_of_which_one_number_leads_inside_is_refused(names: dict[str, list[str]]) -> None:
    names["hook.example"] = ["8.8.8.8", "10.0.0.5"]
    with pytest.raises(AddressRefused):
        await post("https://hook.example/")


async def test_the_number_that_was_checked_is_called_under_the_name_that_was_given(names: dict[str, list[str]]) -> None:
    names["hook.example"] = ["8.8.8.8"]
    request = await post("https://hook.example/in?x=1")
    assert str(request.url) == "https://8.8.8.8/in?x=1"
    assert request.headers["host"] == "hook.example"
    assert request.extensions["sni_hostname"] == "hook.example"


async def test_a_host_the_operator_listed_is_called_wherever_it_lies(names: dict[str, list[str]]) -> None:
    names["sms.inside"] = ["10.0.0.5"]
    assert str((await post("http://sms.inside/send", "sms.inside")).url) == "http://sms.inside/send"


async def test_a_name_nobody_knows_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror("nobody knows it")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(httpx.ConnectError):
        await post("http://no-such-name.invalid/")
