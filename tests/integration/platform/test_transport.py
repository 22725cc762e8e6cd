"""Services prove to each other who they are: who has no certificate of the city's authority is not even heard."""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.platform import errors, transport
from services.platform.grpc_client import connect
from services.platform.grpc_server import Process
from services.platform.settings import ServiceSettings, TransportSettings
from tests.support.certificates import Authority
from tests.support.tokens import TestTokens

DAY = timedelta(days=1)


@pytest.fixture
def authority() -> Authority:
    return Authority("city")


@pytest.fixture
async def process(tmp_path: Path, tokens: TestTokens, authority: Authority) -> AsyncIterator[Process]:
    settings = ServiceSettings(
        trust_file=tokens.trust_file,
        signing_key_file=tokens.key_file("registry"),
        drain_s=0.1,
        **authority.write(tmp_path / "server", "registry"),
    )
    process = Process(name="registry", settings=settings, offers=[])
    await process.start()
    yield process
    await process.stop()


async def ask(process: Process, tokens: TestTokens, monkeypatch: pytest.MonkeyPatch, files: dict[str, Path]) -> Any:
    for name, file in files.items():
        monkeypatch.setenv(f"GRIDWARD_{name.upper()}", str(file))
    channel = connect(f"127.0.0.1:{process.port}", signer=tokens.signer(), caller=tokens.caller("system_admin", ""))
    try:
        return await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=3)
    finally:
        await channel.close()


async def test_a_client_of_the_same_authority_is_heard(
    process: Process, tokens: TestTokens, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await ask(process, tokens, monkeypatch, authority.write(tmp_path / "client", "incidents"))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_without_a_certificate_nobody_is_heard(
    process: Process, tokens: TestTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(errors.Unavailable):
        await ask(process, tokens, monkeypatch, {})


async def test_a_certificate_of_another_authority_is_refused(
    process: Process, tokens: TestTokens, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Authority("city").write(tmp_path / "stranger", "incidents")
    files["tls_ca_file"] = authority.write(tmp_path / "client", "incidents")["tls_ca_file"]
    with pytest.raises(errors.Unavailable):
        await ask(process, tokens, monkeypatch, files)


async def test_a_certificate_that_ran_out_is_refused(
    process: Process, tokens: TestTokens, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(errors.Unavailable):
        await ask(process, tokens, monkeypatch, authority.write(tmp_path / "client", "incidents", ends_in=-DAY))


async def test_a_server_that_cannot_prove_itself_is_not_spoken_to(
    process: Process, tokens: TestTokens, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = authority.write(tmp_path / "client", "incidents")
    files["tls_ca_file"] = Authority("elsewhere").write(tmp_path / "elsewhere", "x")["tls_ca_file"]
    with pytest.raises(errors.Unavailable):
        await ask(process, tokens, monkeypatch, files)


def test_half_of_the_files_is_no_choice(tmp_path: Path, authority: Authority) -> None:
    files = authority.write(tmp_path, "incidents")
    del files["tls_key_file"]
    with pytest.raises(transport.CertificatesIncomplete):
        transport.server_credentials(TransportSettings(**files))


def test_a_renewed_certificate_ends_the_process_in_good_order(tmp_path: Path, authority: Authority) -> None:
    told = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: told.set())
    try:
        settings = TransportSettings(**authority.write(tmp_path, "incidents"))
        transport.end_when_renewed(settings, look_s=0.01, spread_s=0.0)
        assert not told.wait(0.1)
        authority.write(tmp_path, "incidents")
        assert told.wait(10)
    finally:
        signal.signal(signal.SIGTERM, before)
