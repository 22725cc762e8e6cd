"""Says how processes reach each other: all replicas of a service alike, and proving who they are where that is wanted."""

import json
import os
import random
import signal
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from services.platform.settings import TransportSettings

if TYPE_CHECKING:
    import grpc

log = structlog.get_logger()

#: Every replica behind a name gets its share until it says, by the health of this name, that it is about to stop.
WELCOME: Final = "welcome"
_BALANCING: Final = json.dumps(
    {"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": WELCOME}}
)
#: So much may come beside a status.
REFUSAL_BYTES_MAX: Final = 1024 * 1024
#: What every channel has in common. gRPC's own pauses grow to minutes; a city cannot wait that long.
CHANNEL_OPTIONS: Final[tuple[tuple[str, int | str], ...]] = (
    # A refusal brings the fresh state along beside its status; gRPC's own 8 kB would cut off the whole answer.
    ("grpc.max_metadata_size", REFUSAL_BYTES_MAX),
    ("grpc.absolute_max_metadata_size", REFUSAL_BYTES_MAX),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 2000),  # how long a server may take to greet: a busy one takes its time
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
    ("grpc.service_config", _BALANCING),
)
LOOK_EVERY_S: Final = 30.0
#: Replicas are given the same news within a minute; so that they do not all go at once, each waits its own time.
SPREAD_S: Final = 600.0


class CertificatesIncomplete(ValueError):
    """Authority, certificate and key belong together: give all three or none."""


def files_of(settings: TransportSettings) -> tuple[Path, Path, Path] | None:
    """Authority, certificate and key; None where the network itself is trusted."""
    files = (settings.tls_ca_file, settings.tls_certificate_file, settings.tls_key_file)
    authority, certificate, key = files
    if authority is None or certificate is None or key is None:
        if any(files):
            raise CertificatesIncomplete(CertificatesIncomplete.__doc__)
        return None
    return authority, certificate, key


def server_credentials(settings: TransportSettings) -> "grpc.ServerCredentials | None":
    """What a server shows, and what it asks of every client: a certificate of the same authority."""
    import grpc  # noqa: PLC0415 a process with green threads brings gRPC in by a door of its own, before this runs

    files = files_of(settings)
    if files is None:
        return None
    authority, certificate, key = (file.read_bytes() for file in files)
    return grpc.ssl_server_credentials([(key, certificate)], root_certificates=authority, require_client_auth=True)


def channel_credentials(settings: TransportSettings) -> "grpc.ChannelCredentials | None":
    """What a client shows, and whom it believes."""
    import grpc  # noqa: PLC0415 see above

    files = files_of(settings)
    if files is None:
        return None
    authority, certificate, key = (file.read_bytes() for file in files)
    return grpc.ssl_channel_credentials(root_certificates=authority, private_key=key, certificate_chain=certificate)


def end_when_renewed(settings: TransportSettings, *, look_s: float = LOOK_EVERY_S, spread_s: float = SPREAD_S) -> None:
    """Watch the files on a thread, and end this process in good order when they change: its next life reads them.

    What is replaced long before it ends leaves time, and a drain loses no call.
    """
    files = files_of(settings)
    if files is None:
        return
    first = _digest(files)

    def watch() -> None:
        while _digest(files) in {first, b""}:
            time.sleep(look_s)
        wait_s = random.uniform(0, spread_s)  # noqa: S311 nothing is secret about when
        log.info("certificates_renewed", restart_in_s=round(wait_s))
        time.sleep(wait_s)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="certificates", daemon=True).start()


def _digest(files: tuple[Path, ...]) -> bytes:
    """What the files hold; while they are being replaced, as if nothing had happened yet."""
    try:
        return sha256(b"".join(file.read_bytes() for file in files)).digest()
    except OSError:
        return b""
