"""Puts people on the demo city's posts, under codes and never under names, and gives some of them an account."""

from collections.abc import Iterator
from typing import TypedDict
from zlib import crc32

from gridward.registry.v1 import staff_pb2

from services.demo import city

#: In every n-th grid the security post is left vacant, so that vacancies can be seen.
VACANT_EVERY = 20
CENTRE_ROLES = ("acceptor", "duty_chief", "dispatcher", "video_patroller")
DEPARTMENT_ROLES = ("department_specialist", "department_leader", "handler")
CITY_ROLES = ("big_screen_operator", "system_admin", "auditor", "data_steward")
SHOWN_GRID = "999102001001001"
#: Credit code of a social organisation that signs in by itself.
SHOWN_ORGANISATION = "52999102MJ00000017"


class Account(TypedDict):
    """An account of the demo, as the gateway imports it and the launcher prints it."""

    login: str
    password: str
    subject: str
    kind: str
    name: str
    name_en: str
    language: str
    role: str
    role_zh: str
    role_en: str
    shown: bool


def role_names() -> dict[str, tuple[str, str]]:
    """Role → its Chinese and English name."""
    chinese = {row["code"]: row["name_zh"] for row in city.data()["staff_roles"]} | {
        "resident": "居民",
        "duty_lawyer": "值班律师",
        "mall_partner": "商城兑换点",
    }
    return {role: (chinese[role], name) for role, name in city.english()["roles"].items() if role in chinese}


def posts() -> list[staff_pb2.Post]:
    """Every post of the city."""
    return [*_city_posts(), *_roving_posts(), *_department_posts(), *_street_posts(), *_grid_posts()]


def _post(
    code: str, role: str, area_code: str, place: tuple[str, str], *, department: str = "", vacant: bool = False
) -> staff_pb2.Post:
    chinese, english = role_names()[role]
    return staff_pb2.Post(
        code=code,
        role=role,
        area_code=area_code,
        department_code=department,
        staff_code="" if vacant else f"staff:{code}",
        title=f"{place[0]}{chinese}",
        title_en=f"{english}, {place[1]}",
        # A duty line of the post, of an exchange that no town has.
        duty_phone=f"0999-{crc32(code.encode()) % 10_000_000:07}",
    )


def _city_posts() -> Iterator[staff_pb2.Post]:
    root = city.data()["city"]
    places = [root, *city.data()["districts"]]
    for place in places:
        for role in CENTRE_ROLES:
            yield _post(f"{role}-{place['code']}", role, place["code"], (place["name"], place["name_en"]))
    for role in CITY_ROLES:
        yield _post(f"{role}-{root['code']}", role, root["code"], (root["name"], root["name_en"]))


def _roving_posts() -> Iterator[staff_pb2.Post]:
    for district in city.data()["districts"]:
        name = (f"{district['name']}机动", f"{district['name_en']}, roving")
        for number in (1, 2):
            yield _post(f"RV-{district['code']}-{number}", "grid_worker", district["code"], name)


def _department_posts() -> Iterator[staff_pb2.Post]:
    for department in city.departments():
        for role in DEPARTMENT_ROLES:
            name = (department.name, department.name_en)
            yield _post(f"{role}-{department.code}", role, city.city_code(), name, department=department.code)


def _street_posts() -> Iterator[staff_pb2.Post]:
    for street in city.data()["subdistricts"]:
        # Whoever hands out goods where the street's volunteers pick them up is told when a shelf there runs low.
        for short, role in (("SA", "subdistrict_admin"), ("MP", "mall_partner")):
            yield _post(f"{short}-{street['code'][3:]}", role, street["code"], (street["name"], street["name_en"]))
    english = city.english()["communities"]
    for community in city.data()["communities"]:
        name = (community["name"], english[community["code"]])
        for short, role in (
            ("CA", "community_admin"),
            ("VC", "volunteer_coordinator"),
            ("MD", "mediator"),
            ("LW", "duty_lawyer"),
        ):
            yield _post(f"{short}-{community['code'][3:]}", role, community["code"], name)


def _grid_posts() -> Iterator[staff_pb2.Post]:
    templates = {template.kind: template.roles for template in city.team_templates()}
    english = city.english()["communities"]
    for number, grid in enumerate(city.data()["grids"]):
        name = (grid["name"], f"{english[grid['code'][:12]]} Grid {int(grid['code'][-3:])}")
        for role in templates[grid["type"]]:
            code = grid["worker_post"] if role == "grid_worker" else f"{role}-{grid['code'][3:]}"
            vacant = role == "grid_security_officer" and number % VACANT_EVERY == 0
            yield _post(code, role, grid["code"], name, vacant=vacant)


def accounts(password: str) -> list[Account]:
    """One account for each kind of user, more for what moves the cases along."""
    root = city.city_code()
    grid_worker = next(grid["worker_post"] for grid in city.data()["grids"] if grid["code"] == SHOWN_GRID)
    centre = [(login, f"staff:{role}-{root}", role) for login, role in
              (("acceptor", "acceptor"), ("chief", "duty_chief"), ("dispatcher", "dispatcher"), ("video", "video_patroller"),
               ("screen", "big_screen_operator"), ("admin", "system_admin"), ("auditor", "auditor"),
               ("steward", "data_steward"))]  # fmt: skip
    field = [
        ("worker", f"staff:{grid_worker}", "grid_worker"),
        ("leader", f"staff:grid_leader-{SHOWN_GRID[3:]}", "grid_leader"),
        ("community", f"staff:CA-{SHOWN_GRID[3:12]}", "community_admin"),
        ("lawyer", f"staff:LW-{SHOWN_GRID[3:12]}", "duty_lawyer"),
        ("street", f"staff:SA-{SHOWN_GRID[3:9]}", "subdistrict_admin"),
        ("coordinator", f"staff:VC-{SHOWN_GRID[3:12]}", "volunteer_coordinator"),
        ("partner", f"staff:MP-{SHOWN_GRID[3:9]}", "mall_partner"),
    ]
    people = [("resident", "resident:demo-1", "resident"), ("volunteer", "volunteer:demo-1", "volunteer")]
    shown = [
        _account(login, subject, role, password, shown=True) for login, subject, role in [*centre, *field, *people]
    ]
    station = ("暖阳社会工作服务站", "Warm Sun social work station")
    subject = f"volunteer:organisation-{SHOWN_ORGANISATION}"
    shown.append(_account("organisation", subject, "volunteer", password, shown=True, place=station))
    return [*shown, *_department_accounts(password), *_roving_accounts(password)]


def _department_accounts(password: str) -> Iterator[Account]:
    for department in city.departments():
        for role, suffix in (("department_specialist", ""), ("handler", ".handler")):
            login = f"{department.plugin}{suffix}"
            shown = login in {"municipal_works", "municipal_works.handler", "urban_management", "social_work"}
            place = (department.name, department.name_en)
            yield _account(login, f"staff:{role}-{department.code}", role, password, shown=shown, place=place)


def _roving_accounts(password: str) -> Iterator[Account]:
    """Two workers for each district who look wherever they are sent; one solves or reports, the other checks."""
    for post in _roving_posts():
        yield _account(post.code.lower(), f"staff:{post.code}", post.role, password, shown=False)


def _account(
    login: str, subject: str, role: str, password: str, *, shown: bool, place: tuple[str, str] = ("", "")
) -> Account:
    chinese, english = role_names()[role]
    kind = subject.partition(":")[0]
    return Account(
        login=login,
        password=password,
        subject=subject,
        kind=kind,
        name=f"{place[0]}{chinese}",
        name_en=f"{english}, {place[1]}" if place[1] else english,
        language="zh",
        role=role,
        role_zh=chinese,
        role_en=english,
        shown=shown,
    )
