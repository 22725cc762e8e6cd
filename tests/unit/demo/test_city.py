"""The demo city is whole, and says of itself what the contract needs."""

import io
import json
from collections import Counter

import protovalidate
import pytest
from gridward.registry.v1 import staff_pb2, tasks_pb2
from jsonschema import Draft202012Validator
from PIL import Image

from services.demo import city, people, photo
from services.demo.load import PLUGIN_DEPARTMENTS

PASSWORD = "gridward"


def test_every_area_but_the_city_lies_in_a_parent_that_comes_before_it() -> None:
    seen: set[str] = set()
    for feature in city.area_collection()["features"]:
        properties = feature["properties"]
        assert properties["level"] == "city" or properties["parent_code"] in seen
        seen.add(properties["code"])
    levels = Counter(feature["properties"]["level"] for feature in city.area_collection()["features"])
    assert levels == {"city": 1, "district": 2, "subdistrict": 6, "community": 24, "grid": 240}


def test_every_area_has_a_name_in_both_languages() -> None:
    for feature in city.area_collection()["features"]:
        assert feature["properties"]["name"]
        assert feature["properties"]["name_en"].isascii()


def test_every_grid_has_a_team_and_every_twentieth_a_vacancy() -> None:
    posts = people.posts()
    assert len({post.code for post in posts}) == len(posts)
    workers = [post for post in posts if post.role == "grid_worker" and len(post.area_code) == 15]
    assert len(workers) == 240
    vacant = [post for post in posts if not post.staff_code]
    assert {post.role for post in vacant} == {"grid_security_officer"}
    assert 8 <= len(vacant) <= 12


def test_every_message_keeps_the_rules_of_the_contract() -> None:
    for post in people.posts():
        protovalidate.validate(post)
    for message in (*city.departments(), *city.owner_units(), *city.team_templates(), *city.cameras({})):
        protovalidate.validate(message)
    for task_type in city.task_types(without_departments=frozenset()):
        protovalidate.validate(task_type)
        Draft202012Validator.check_schema(json.loads(task_type.form_schema))


def test_plugins_and_the_city_together_bring_thirty_task_types() -> None:
    own = city.task_types(without_departments=PLUGIN_DEPARTMENTS)
    brought = [row for row in city.data()["task_types"] if row["department"] in PLUGIN_DEPARTMENTS]
    assert len(own) + len(brought) == 30
    assert {task.department_code for task in own}.isdisjoint(PLUGIN_DEPARTMENTS)


def test_every_account_stands_on_a_post_that_is_there() -> None:
    held = {post.staff_code for post in people.posts()}
    accounts = people.accounts(PASSWORD)
    assert len({account["login"] for account in accounts}) == len(accounts)
    for account in accounts:
        assert account["kind"] != "staff" or account["subject"] in held
    shown_roles = {account["role"] for account in accounts if account["shown"]}
    assert {"acceptor", "dispatcher", "grid_worker", "department_specialist", "resident", "volunteer"} <= shown_roles


def test_somebody_stands_at_the_counter_of_every_street_and_one_may_be_tried() -> None:
    counters = {post.area_code: post.staff_code for post in people.posts() if post.role == "mall_partner"}
    assert set(counters) == {street["code"] for street in city.data()["subdistricts"]}
    (partner,) = [account for account in people.accounts(PASSWORD) if account["role"] == "mall_partner"]
    assert partner["shown"]
    assert partner["subject"] == counters[people.SHOWN_GRID[:9]], "where the volunteer of the demo picks up"


@pytest.mark.parametrize("repaired", [False, True])
def test_a_drawn_photo_is_a_photo(repaired: bool) -> None:
    for task_type in ("manhole_cover_missing", "road_ponding", "no such type"):
        with Image.open(io.BytesIO(photo.draw_photo(task_type, repaired=repaired, seed=3))) as image:
            assert image.format == "JPEG"
            assert image.size == photo.SIZE


def test_the_contract_knows_every_unit_of_time() -> None:
    assert set(city.UNITS.values()) == set(tasks_pb2.LimitUnit.values()) - {tasks_pb2.LIMIT_UNIT_UNSPECIFIED}
    assert isinstance(city.departments()[0], staff_pb2.Department)
