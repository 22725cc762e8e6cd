"""Calls the rest of the suite for a department, without making the other departments wait."""

import time
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar, cast
from uuid import uuid4

from eventlet import tpool
from gridward.events.v1 import events_pb2_grpc
from gridward.incidents.v1 import incidents_pb2_grpc, inspections_pb2_grpc
from gridward.registry.v1 import catalogue_pb2_grpc, elements_pb2_grpc, staff_pb2_grpc, tasks_pb2_grpc

from plugins.sdk.manifest import Manifest
from services.host.native_grpc import grpc
from services.host.settings import HostSettings
from services.platform import status, transport
from services.platform.identity import Caller, Grant, TokenSigner

CALL_DEADLINE_S: Final = 5.0
TOKEN_LIFE_S: Final = 300
TOKEN_REUSE_S: Final = 150.0
MESSAGE_BYTES_MAX: Final = 8 * 1024 * 1024

CHANNEL_OPTIONS: Final = (
    *transport.CHANNEL_OPTIONS,
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.enable_http_proxy", 0),
)

Answer = TypeVar("Answer")
Metadata = tuple[tuple[str, str], ...]


def plugin_caller(manifest: Manifest, area_paths: tuple[str, ...] = ()) -> Caller:
    """The plugin as the suite knows it: acting for its own department alone, everywhere or where it is enabled."""
    grants = tuple(
        Grant(role="plugin", area_path=path, department_code=manifest.department) for path in area_paths or ("",)
    )
    return Caller(subject=f"plugin:{manifest.name}", grants=grants)


def _channel(address: str, settings: HostSettings) -> grpc.Channel:
    credentials = transport.channel_credentials(settings)
    if credentials is None:
        return grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
    return grpc.secure_channel(address, credentials, options=CHANNEL_OPTIONS)


class Core:
    """The services a department may reach, over one channel each."""

    def __init__(self, settings: HostSettings, signer: TokenSigner) -> None:
        registry = _channel(settings.registry_address, settings)
        self.incidents_channel = _channel(settings.incidents_address, settings)
        self.tasks = tasks_pb2_grpc.TasksServiceStub(registry)
        self.staff = staff_pb2_grpc.StaffServiceStub(registry)
        self.catalogue = catalogue_pb2_grpc.CatalogueServiceStub(registry)
        self.elements = elements_pb2_grpc.ElementsServiceStub(registry)
        self.incidents = incidents_pb2_grpc.IncidentsServiceStub(self.incidents_channel)
        self.inspections = inspections_pb2_grpc.InspectionsServiceStub(self.incidents_channel)
        self.events = events_pb2_grpc.EventsServiceStub(self.incidents_channel)
        self._signer = signer
        self._tokens: dict[Caller, tuple[float, str]] = {}

    def call(self, method: Callable[..., Answer], request: object, *, caller: Caller) -> Answer:
        """Make one call on a real thread while this green one waits; errors come back under their own names."""
        made = partial(method, request, timeout=CALL_DEADLINE_S, metadata=self.metadata(caller))
        try:
            return cast("Answer", tpool.execute(made))
        except grpc.RpcError as failed:
            # A failed call of the blocking client has all that is read of one of the asyncio client.
            raise status.from_call(cast("grpc.aio.AioRpcError", failed)) from failed

    def metadata(self, caller: Caller) -> Metadata:
        """What every call goes out with: who calls, and an id to find it again."""
        return (("authorization", f"Bearer {self._token(caller)}"), ("x-request-id", str(uuid4())))

    def _token(self, caller: Caller) -> str:
        now_s = time.monotonic()
        made_at_s, token = self._tokens.get(caller, (0.0, ""))
        if not token or now_s - made_at_s > TOKEN_REUSE_S:
            token = self._signer.sign(caller, life_s=TOKEN_LIFE_S)
            self._tokens[caller] = (now_s, token)
        return token
