"""Lists what runs on the machine: each program, what it is told, how its health is asked, and when it starts."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from services.machine import keys, objectstore, postgres
from services.machine.accounts import Account
from services.machine.home import Home
from services.machine.ports import LOOPBACK
from services.machine.settings import ROOT

#: Marks every process of a data folder, so that a later start recognises what an earlier one left behind.
MARK: Final = "GRIDWARD_MACHINE_HOME"
#: Seconds that running calls get when a service is told to stop; the whole stop stays within ten.
DRAIN_S: Final = 2.0
#: Seconds after which what does not obey is killed; all three survive that without loss.
SUITE_STOP_S: Final = 5
OBJECTS_STOP_S: Final = 2
DATABASE_STOP_S: Final = 3


class Stage(Enum):
    """Groups that start one after the other and stop in reverse; within one all at once."""

    DATABASE = "database"
    OBJECTS = "objects"
    SUITE = "suite"


class Check(Enum):
    """How a program's health is asked."""

    POSTGRES = "postgres"
    S3 = "s3"
    GRPC = "grpc"
    HTTP = "http"
    PROCESS = "process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process the supervisor keeps alive."""

    name: str
    title: str
    stage: Stage
    command: Sequence[str]
    check: Check
    address: str
    shown_address: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    stop_signal: str = "TERM"
    stop_s: int = SUITE_STOP_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the services stand on: the folder, the ports, a DSN for each schema, and the object store."""

    home: Home
    ports: Mapping[str, int]
    gateway_port: int
    database_urls: Mapping[str, str]
    objects: objectstore.Access
    demo: bool

    @property
    def gateway_url(self) -> str:
        """What people open in a browser."""
        return f"http://{LOOPBACK}:{self.gateway_port}"


#: Services that speak gRPC, with the words people know them by.
_SERVERS: Final = {
    "registry": "城市底数 registry",
    "incidents": "事件流转 incidents",
    "video": "视频巡查 video",
    "points": "志愿积分 points",
}
GATEWAY: Final = "gateway"
HOST: Final = "host"
TRAFFIC: Final = "traffic"
#: Services that keep or fetch files.
_WITH_OBJECTS: Final = frozenset({"video", GATEWAY, HOST})
#: Every port of a service that is not the same on every machine.
PORTS: Final = (
    "postgres",
    *objectstore.PORTS,
    *(port for name in _SERVERS for port in (name, f"{name}.metrics")),
    f"{GATEWAY}.metrics",
    f"{HOST}.metrics",
)


def database_program(cluster: postgres.Cluster) -> Program:
    """The embedded PostgreSQL. SIGINT makes it end sessions and write everything down."""
    return Program(
        name="postgres",
        title="数据库 PostgreSQL",
        stage=Stage.DATABASE,
        command=cluster.command,
        check=Check.POSTGRES,
        address=cluster.dsn(),
        shown_address=f"{LOOPBACK}:{cluster.port}",
        account=cluster.account if cluster.account.foreign else None,
        stop_signal="INT",
        stop_s=DATABASE_STOP_S,
    )


def objects_program(store: objectstore.Store, home: Home) -> Program:
    """The embedded object store."""
    return Program(
        name="objects",
        title="对象存储 S3",
        stage=Stage.OBJECTS,
        command=store.command,
        check=Check.S3,
        address=store.endpoint,
        shown_address=store.endpoint,
        environment={MARK: str(home.folder)},
        stop_s=OBJECTS_STOP_S,
    )


def service_programs(around: Surroundings) -> list[Program]:
    """Every service of the suite."""
    servers = [
        _service(name, title, around, check=Check.GRPC, listen=around.ports[name]) for name, title in _SERVERS.items()
    ]
    return [
        *servers,
        _service(HOST, "部门插件 host", around, check=Check.HTTP, health_port=around.ports[f"{HOST}.metrics"]),
        _service(GATEWAY, "门户 gateway", around, check=Check.HTTP, listen=around.gateway_port),
    ]


def traffic_program(around: Surroundings) -> Program:
    """The people of the demo city, who report and work."""
    return Program(
        name=TRAFFIC,
        title="演示人流 traffic",
        stage=Stage.SUITE,
        command=module("demo", "traffic"),
        check=Check.PROCESS,
        address="",
        environment=demo_environment(around),
        stop_s=1,
    )


def demo_environment(around: Surroundings) -> dict[str, str]:
    """What the loader of the demo city and its traffic are told."""
    return {
        **_common(around, "demo"),
        "GRIDWARD_GATEWAY_URL": around.gateway_url,
        "GRIDWARD_VIDEO_FILES_DIR": str(around.home.videos),
        **_objects_environment(around),
    }


def _objects_environment(around: Surroundings) -> dict[str, str]:
    return {
        "GRIDWARD_S3_ENDPOINT": around.objects.endpoint,
        "GRIDWARD_S3_ACCESS_KEY": around.objects.access_key,
        "GRIDWARD_S3_SECRET_KEY": around.objects.secret_key,
        "GRIDWARD_S3_BUCKET": around.objects.bucket,
        "GRIDWARD_S3_SECURE": str(around.objects.secure).lower(),
    }


def service_environment(name: str, around: Surroundings) -> dict[str, str]:
    """What a service is told besides where it listens: whom to trust, its own key, schema and files, nobody else's."""
    told = _common(around, name)
    if name in around.database_urls:
        told["GRIDWARD_DATABASE_URL"] = around.database_urls[name]
    if name in keys.SEALING:
        told["GRIDWARD_SEAL_FILE"] = str(keys.seal_file(around.home.keys, name))
    if name in _WITH_OBJECTS:
        told |= _objects_environment(around)
    if name == "points":
        told |= _points_environment(around)
    if name == "incidents":
        told["GRIDWARD_SMS_FOLDER"] = str(around.home.folder / "sms")
    if name == "video":
        told["GRIDWARD_VIDEO_FILES_DIR"] = str(around.home.videos)
    if name == HOST:
        told["PYTHONPATH"] += f":{around.home.plugins}"
        told["GRIDWARD_STATE_DIR"] = str(around.home.folder / "host")
        told["GRIDWARD_PLUGIN_SECRETS_DIR"] = str(around.home.folder / "host" / "secrets")
    if name == GATEWAY:
        told |= {"GRIDWARD_GATEWAY_URL": around.gateway_url, "GRIDWARD_DEMO": str(around.demo).lower()}
        told["GRIDWARD_HOST_URL"] = f"http://{LOOPBACK}:{around.ports[f'{HOST}.metrics']}"
        if around.demo:
            told["GRIDWARD_SECOND_FACTOR_ROLES"] = ""  # the demonstration's password is printed on its own page
    return told


def _points_environment(around: Surroundings) -> dict[str, str]:
    """Where certificates can be checked, and who owns the books."""
    told = {"GRIDWARD_PUBLIC_URL": around.gateway_url}
    if "ledger" in around.database_urls:
        told["GRIDWARD_LEDGER_OWNER_URL"] = around.database_urls["ledger"]
    return told


def module(name: str, *arguments: str) -> list[str]:
    """How a module of ours is run, by the same Python that runs us."""
    return [sys.executable, "-m", f"services.{name}", *arguments]


def _service(
    name: str, title: str, around: Surroundings, *, check: Check, listen: int = 0, health_port: int = 0
) -> Program:
    address = f"{LOOPBACK}:{health_port or listen}"
    where = {"GRIDWARD_LISTEN": f"{LOOPBACK}:{listen}", "GRIDWARD_METRICS_PORT": str(around.ports[f"{name}.metrics"])}
    return Program(
        name=name,
        title=title,
        stage=Stage.SUITE,
        command=module(name),
        check=check,
        address=address,
        shown_address=around.gateway_url if name == GATEWAY else address,
        environment={**service_environment(name, around), **where},
    )


def _common(around: Surroundings, process: str) -> dict[str, str]:
    return {
        MARK: str(around.home.folder),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'protos' / 'gen'}",
        "GRIDWARD_TRUST_FILE": str(keys.trust_file(around.home.keys)),
        "GRIDWARD_SIGNING_KEY_FILE": str(keys.key_file(around.home.keys, process)),
        "GRIDWARD_DRAIN_S": str(DRAIN_S),
        **{f"GRIDWARD_{name.upper()}_ADDRESS": f"{LOOPBACK}:{around.ports[name]}" for name in _SERVERS},
    }
