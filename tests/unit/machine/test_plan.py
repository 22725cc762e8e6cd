"""What each program is told, and how the supervisor reads it."""

import configparser
from pathlib import Path

import pytest
from supervisor.datatypes import dict_of_key_value_pairs

from services.machine import objectstore, plan
from services.machine.home import Home
from services.machine.plan import Check, Program, Stage, Surroundings
from services.machine.supervisor import configuration


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings(
        home=Home(tmp_path),
        ports={name: 20_000 + number for number, name in enumerate(plan.PORTS)},
        gateway_port=8100,
        database_urls={name: f"host=127.0.0.1 user={name} password=p%{name}" for name in ("registry", "gateway")},
        objects=objectstore.Access(endpoint="127.0.0.1:1", access_key="a", secret_key="s"),
        demo=True,
    )


def sections(around: Surroundings, *more: Program) -> configparser.RawConfigParser:
    config = configparser.RawConfigParser()
    config.read_string(configuration(around.home, [*plan.service_programs(around), *more], "secret"))
    return config


def environment(config: configparser.RawConfigParser, program: str) -> dict[str, str]:
    told: dict[str, str] = dict_of_key_value_pairs(config[f"program:{program}"]["environment"])
    return told


def test_all_services_of_the_suite_are_planned(around: Surroundings) -> None:
    names = {program.name for program in plan.service_programs(around)}
    assert names == {"registry", "incidents", "video", "points", "host", "gateway"}


def test_each_service_gets_its_own_key_and_schema_and_nobody_elses(around: Surroundings) -> None:
    for program in plan.service_programs(around):
        told = program.environment
        assert told["GRIDWARD_SIGNING_KEY_FILE"].endswith(f"/keys/{program.name}.json")
        assert told.get("GRIDWARD_DATABASE_URL") == around.database_urls.get(program.name)
        assert ("GRIDWARD_S3_SECRET_KEY" in told) == (program.name in {"gateway", "host", "video"})


def test_no_two_programs_share_a_port(around: Surroundings) -> None:
    listens = [
        program.environment[key].rpartition(":")[2]
        for program in plan.service_programs(around)
        for key in ("GRIDWARD_LISTEN", "GRIDWARD_METRICS_PORT")
    ]
    taken = [port for port in listens if port != "0"]
    assert len(set(taken)) == len(taken)


def test_the_supervisor_reads_back_what_was_written(around: Surroundings) -> None:
    config = sections(around)
    told = environment(config, "registry")
    assert told["GRIDWARD_DATABASE_URL"] == "host=127.0.0.1 user=registry password=p%%registry"
    assert told["GRIDWARD_REGISTRY_ADDRESS"] == f"127.0.0.1:{around.ports['registry']}"


def test_what_others_stand_on_stops_last(around: Surroundings) -> None:
    database = Program(name="postgres", title="", stage=Stage.DATABASE, command=["x"], check=Check.PROCESS, address="")
    store = Program(name="objects", title="", stage=Stage.OBJECTS, command=["x"], check=Check.PROCESS, address="")
    config = sections(around, database, store)
    order = sorted(("database", "objects", "suite"), key=lambda stage: int(config[f"group:{stage}"]["priority"]))
    assert order == ["database", "objects", "suite"]


def test_a_value_the_supervisor_would_misread_is_refused(around: Surroundings) -> None:
    strange = Program(
        name="x",
        title="",
        stage=Stage.SUITE,
        command=["x"],
        check=Check.PROCESS,
        address="",
        environment={"PLACE": 'a "quoted" street'},
    )
    with pytest.raises(ValueError, match="PLACE"):
        sections(around, strange)


def test_stopping_everything_takes_ten_seconds_at_most(around: Surroundings) -> None:
    programs = [*plan.service_programs(around), plan.traffic_program(around)]
    suite_s = max(program.stop_s for program in programs)
    assert suite_s + plan.OBJECTS_STOP_S + plan.DATABASE_STOP_S <= 10
    assert suite_s > plan.DRAIN_S
