"""Three administrators that keep an eye on one another: who runs the system, who keeps the data, who reads the trail."""

import tomllib
from importlib.resources import files

from services.platform.identity import allows

SYSTEM, DATA, AUDIT = "system_admin", "data_steward", "auditor"
ROLES = tomllib.loads(files("services.platform").joinpath("roles.toml").read_text())
#: Doing of any kind; an auditor reads alone.
DOING = ("write", "report", "advance", "adjust", "decide", "act", "publish", "settle", "redeem", "import", "approve")


def test_who_runs_the_system_neither_reads_the_trail_nor_sees_people_in_clear() -> None:
    for permission in ("audit.read", "people.read", "people.reveal", "people.approve"):
        assert not allows(SYSTEM, permission), permission


def test_who_approves_that_people_are_seen_in_clear_does_not_see_them_so() -> None:
    assert allows(DATA, "people.approve")
    assert not allows(DATA, "people.reveal")
    assert not allows(DATA, "incidents.advance")
    approving = {role for role in ROLES if allows(role, "people.approve")}
    revealing = {role for role in ROLES if allows(role, "people.reveal")}
    assert approving & revealing == {"service"}


def test_who_reads_the_trail_does_nothing_else() -> None:
    assert allows(AUDIT, "audit.read")
    held = ROLES[AUDIT]["permissions"]
    assert [name for name in held if name.rpartition(".")[2].startswith(DOING) or name.endswith("*")] == []


def test_nobody_but_keeper_and_auditor_reads_the_trail() -> None:
    assert {role for role in ROLES if allows(role, "audit.read")} == {"service", DATA, AUDIT}
