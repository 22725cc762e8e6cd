"""Where a city's data lies is found by what was set, and what is lacking is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from services.machine import database
from services.machine.home import Home, Memory
from services.operations import places, schemas
from services.operations.faults import DataUnknown
from services.operations.settings import OperationsSettings


def in_files(folder: Path, *, admin: str | None = "postgresql://admin:x@db:5432/*") -> OperationsSettings:
    for role in database.SERVICES:
        (folder / role).write_text(f"postgresql://{role}:{role}-word@db:5432/gridward?sslmode=require\n")
    return OperationsSettings(databases_dir=folder, database_admin_url=SecretStr(admin) if admin else None)


def test_files_name_the_roles_their_passwords_and_the_one_database(tmp_path: Path) -> None:
    place = places.find(in_files(tmp_path))
    assert place.database == "gridward"
    assert place.passwords["ledger"] == "ledger-word"
    assert set(place.role_urls) == set(database.SERVICES)


def test_an_administrator_of_no_certain_database_is_led_to_the_right_one(tmp_path: Path) -> None:
    place = places.find(in_files(tmp_path))
    assert conninfo_to_dict(place.server)["dbname"] == "postgres"
    whole = conninfo_to_dict(place.whole)
    assert (whole["dbname"], whole["user"], whole["host"]) == ("gridward", "admin", "db")


def test_a_city_on_one_machine_is_found_by_its_folder(tmp_path: Path) -> None:
    memory = Memory.of(Home(tmp_path))
    memory.ports = {"postgres": 5433, "s3.port": 8334}
    for name in ("postgres", "s3.access", "s3.secret", *(f"role.{role}" for role in database.SERVICES)):
        memory.secret(name)
    memory.save()
    place = places.find(OperationsSettings(home=tmp_path))
    assert place.database == database.DATABASE
    assert place.passwords["points"] == memory.secrets["role.points"]
    assert place.store.endpoint == "127.0.0.1:8334"
    assert conninfo_to_dict(place.server)["port"] == "5433"


def test_what_is_lacking_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataUnknown, match="GRIDWARD_DATABASES_DIR"):
        places.find(OperationsSettings())
    with pytest.raises(DataUnknown, match=str(tmp_path)):
        places.find(OperationsSettings(home=tmp_path))
    (tmp_path / "files").mkdir()
    place = places.find(in_files(tmp_path / "files", admin=None))
    with pytest.raises(DataUnknown, match="GRIDWARD_DATABASE_ADMIN_URL"):
        _ = place.server
    with pytest.raises(DataUnknown, match="GRIDWARD_S3_ENDPOINT"):
        _ = place.store


def test_two_databases_are_no_city(tmp_path: Path) -> None:
    settings = in_files(tmp_path)
    (tmp_path / "video").write_text("postgresql://video:x@db/elsewhere")
    with pytest.raises(DataUnknown, match="elsewhere"):
        _ = places.find(settings).database


def test_owners_come_before_those_who_stand_on_them() -> None:
    order = schemas.in_order(dict.fromkeys(database.SERVICES, ""))
    assert order[0] == "ledger"
    assert schemas.packages_of("ledger") == ("services.points.books",)
    assert schemas.packages_of("video") == ("services.platform", "services.video")
