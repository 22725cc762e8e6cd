"""Makes a department known to a city that runs: itself, a post at its desk, and an account for who stands there.

    python -m plugins.sdk.settle parks --city http://127.0.0.1:8100

Signs in as an administrator, whose password is asked for or read from GRIDWARD_PASSWORD. Whatever is there already is
left as it is, so that it may be run again; in the end it tells whether the department's program has joined.
"""

import argparse
import getpass
import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from plugins.sdk.manifest import Manifest, check
from plugins.sdk.whereabouts import PackageMissing, folder_of

PASSWORD: Final = "GRIDWARD_PASSWORD"  # noqa: S105 the name of a variable
ANSWER_S_MAX: Final = 30.0
#: A host looks for newcomers, and asks again whether their department is known, every few seconds.
JOIN_S_MAX: Final = 20.0
LOOK_EVERY_S: Final = 0.5
JOINED: Final = frozenset({"well", "degraded"})
#: The role of whoever stands at the desk.
DESK: Final = "department_specialist"
FIRST_PASSWORD_BYTES: Final = 12

Json = dict[str, Any]


class Problem(Exception):
    """What stands in the way, in words for whoever typed the command."""


class Door:
    """The city's gateway, as its administrator sees it."""

    def __init__(self, city: str, *, language: str) -> None:
        if not city.startswith(("http://", "https://")):
            raise Problem(f"{city} is no address of a city; it looks like http://127.0.0.1:8100")
        self._city = city.rstrip("/")
        self._headers = {"content-type": "application/json", "accept-language": language}

    def sign_in(self, login: str, password: str) -> None:
        """From now on everything is asked in this person's name."""
        token = self.ask("POST", "/v1/session", {"login": login, "password": password})["token"]
        self._headers["authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Json:
        """What the city answers; a refusal is a problem."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 the address was looked at
            self._city + path, data=data, headers=self._headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S_MAX) as answer:  # noqa: S310
                return dict(json.loads(answer.read() or b"{}"))
        except urllib.error.HTTPError as error:
            with error:
                raise Problem(f"{method} {path}: {_said(error)}") from error
        except (OSError, ValueError) as error:
            raise Problem(f"{self._city} does not answer as a city: {error}") from error


def _said(error: urllib.error.HTTPError) -> str:
    try:
        told = json.loads(error.read())
        return f"{told['message']} ({told['reason']})"
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"


def _manifest(package: str) -> Manifest:
    """What the package offers, read without running it."""
    manifest, faults = check(folder_of(package))
    if manifest is None or faults:
        raise Problem("\n".join(map(str, faults)))
    return manifest


def _settle(door: Door, manifest: Manifest, *, area: str) -> None:
    """Department, post and account, each unless it is there."""
    _settle_department(door, manifest)
    desk = {
        "code": f"{manifest.name.replace('_', '-')}-desk",
        "role": DESK,
        "areaCode": area or _whole_city(door),
        "departmentCode": manifest.department,
        "staffCode": f"staff:{manifest.name.replace('_', '-')}-desk",
        "title": f"{manifest.title}专员",
        "titleEn": f"{manifest.title_en} desk",
    }
    there = [post["code"] for post in _posts(door) if post.get("departmentCode") == manifest.department]
    if there:
        _tell(f"岗位已在 post {', '.join(there)} is there")
    else:
        door.ask("POST", "/v1/posts:import", {"requestId": secrets.token_hex(8), "posts": [desk]})
        _tell(f"岗位 post {desk['code']} ({desk['areaCode']})")
    accounts = door.ask("GET", f"/v1/accounts?text={manifest.name}").get("accounts", [])
    if manifest.name in {each["login"] for each in accounts}:
        _tell(f"账号已在 account {manifest.name} is there")
        return
    account = {"login": manifest.name, "password": secrets.token_urlsafe(FIRST_PASSWORD_BYTES), "kind": "staff"}
    person = {"subject": desk["staffCode"], "name": desk["title"], "nameEn": desk["titleEn"]}
    door.ask("POST", "/v1/accounts", {**account, **person})
    _tell(f"账号 account {manifest.name}, 首次口令 first password {account['password']}")


def _settle_department(door: Door, manifest: Manifest) -> None:
    code, name = manifest.department, manifest.name
    departments = door.ask("GET", "/v1/departments").get("departments", [])
    known: Json = next((each for each in departments if each["code"] == code), {})
    speaker = known.get("plugin") or name
    if speaker != name:
        raise Problem(f"{code} is {known['name']} already, for which {speaker} speaks: choose a code of your own")
    if known.get("plugin") == name:
        _tell(f"部门已在 department {code} is known")
        return
    names = {"code": code, "name": manifest.title, "nameEn": manifest.title_en, **known, "plugin": name}
    door.ask("POST", "/v1/departments:import", {"requestId": secrets.token_hex(8), "departments": [names]})
    _tell(f"部门 department {code} {names['name']} / {names['nameEn']}")


def _posts(door: Door) -> Iterator[Json]:
    """Every desk of a department."""
    page = ""
    while True:
        told = door.ask("GET", f"/v1/posts?role={DESK}&pageSize=500&pageToken={page}")
        yield from told.get("posts", [])
        page = told.get("nextPageToken", "")
        if not page:
            return


def _whole_city(door: Door) -> str:
    areas = door.ask("GET", "/v1/areas").get("areas", [])
    return next((str(area["code"]) for area in areas if not area.get("parentCode")), "")


def _await_joining(door: Door, manifest: Manifest) -> None:
    """Tell how the department's program is, as soon as it has joined, or when it takes too long."""
    until_s = time.monotonic() + JOIN_S_MAX
    while True:
        how: Json = door.ask("GET", "/v1/departments/health").get("plugins", {}).get(manifest.name, {})
        if how.get("state") in JOINED:
            _tell(f"已加入 {manifest.name} {how.get('version', '')} has joined")
            types = ", ".join(task_type.code for task_type in manifest.task_types)
            _tell(f"接下来 next: the governing centre (chief) admits {types}, at /admin under Task types")
            return
        if time.monotonic() > until_s:
            why = how.get("problem") or "it is not installed where the city's host looks"
            raise Problem(f"{manifest.name} has not joined yet: {why}")
        time.sleep(LOOK_EVERY_S)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Make a department known as told at the command line; 0 when its program has joined."""
    words = "Make a department known to a city that runs: itself, a post at its desk, an account for who stands there."
    parser = argparse.ArgumentParser(prog="python -m plugins.sdk.settle", description=words)
    parser.add_argument("package", help="such as parks, or plugins.parks in the tree")
    parser.add_argument("--city", default="http://127.0.0.1:8100", help="address of the city")
    parser.add_argument("--sign-in", default="admin", metavar="LOGIN", help="an administrator")
    parser.add_argument("--area", default="", help="code of the area of its desk; the whole city, if not told")
    told = parser.parse_args(arguments)
    environment = os.environ  # noqa: TID251 a command of its own, which has no settings beside
    language = "zh" if environment.get("LANG", "").startswith("zh") else "en"
    try:
        manifest = _manifest(told.package)
        door = Door(told.city, language=language)
        password = environment.get(PASSWORD) or getpass.getpass(f"{told.sign_in} @ {told.city} 口令 password: ")
        door.sign_in(told.sign_in, password)
        _settle(door, manifest, area=told.area)
        _await_joining(door, manifest)
    except (Problem, PackageMissing) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
