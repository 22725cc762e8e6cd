"""Whoever signs in begins where their work lies."""

from types import SimpleNamespace
from typing import cast

import pytest

from services.gateway.routes.pages import beginning
from services.gateway.visits import Visit
from services.platform.identity import Caller, Grant

HOMES = (
    ("acceptor", "", False, "/?turn=1"),
    ("dispatcher", "", False, "/?turn=1"),
    ("duty_chief", "", False, "/"),
    ("department_specialist", "D09", False, "/desk"),
    ("handler", "D09", True, "/desk"),
    ("video_patroller", "", False, "/video"),
    ("volunteer", "", True, "/volunteer"),
    ("volunteer_coordinator", "", False, "/volunteering"),
    ("mall_partner", "", False, "/counter"),
    ("grid_worker", "", True, "/pocket/"),
    ("grid_worker", "", False, "/"),
    ("resident", "", True, "/"),
)


@pytest.mark.parametrize(("role", "department", "on_phone", "page"), HOMES)
def test_everybody_begins_where_their_work_lies(role: str, department: str, *, on_phone: bool, page: str) -> None:
    caller = Caller(subject="staff:1", grants=(Grant(role=role, area_path="c", department_code=department),))
    visit = cast("Visit", SimpleNamespace(caller=caller))
    assert beginning(visit, on_phone=on_phone) == page
