"""A department that misbehaves harms itself: others go on, nothing is lost, and a person can put it right."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from gridward.incidents.v1 import cases_pb2

from plugins.sdk import signing
from services.host.desk import Desk
from tests.integration.host.conftest import HostProcess, MakeHost, eventually
from tests.support.core_double import CoreDouble, reported

GROUP = "host.heritage"
KEY = "k" * 32


def test_a_hook_that_computes_without_end_is_interrupted_and_the_others_go_on(
    make_host: MakeHost, core: CoreDouble
) -> None:
    host = make_host("heritage", hook_timeout_s="0.5", hook_block_s="0.5", hook_tries="1")
    bad, good = core.tell(reported("compute"), reported())
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == 2, "the acknowledgement")
    assert good.subject in host.calls()
    [letter] = host.letters
    assert letter["event_id"] == bad.id
    assert str(letter["error"]).startswith("HookTooSlow")
    assert host.logged("hook_interrupted")
    eventually(lambda: host.health()[1]["plugins"]["heritage"]["aside"] == 1, "the count")


def test_a_hook_that_floods_the_city_is_stopped(make_host: MakeHost, core: CoreDouble) -> None:
    host = make_host("heritage", city_calls_max="7")
    event = reported("flood")
    core.cases[event.subject] = cases_pb2.Case(id=event.subject, version=1)
    core.tell(event)
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == 1, "the acknowledgement")
    assert "TOO_MANY_CALLS" in str(host.letters[0]["error"])
    assert len(core.wishes) <= 7


def test_what_was_put_aside_shows_as_degraded_and_is_told_anew_by_a_command(
    host: HostProcess, core: CoreDouble
) -> None:
    event = reported("raise twice")
    host.environment["GRIDWARD_HOOK_TRIES"] = "2"
    core.tell(event)
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == 1, "the acknowledgement")
    eventually(lambda: host.health()[1]["plugins"]["heritage"]["state"] == "degraded", "the state")
    assert 'host_plugin_degraded{plugin="heritage"} 1.0' in host.page("/metrics")[1]
    listed = host.letters_command()
    assert event.id in listed.stdout
    assert "the wall fell" in listed.stdout
    assert "old_wall_damage" in host.letters_command("show", event.id).stdout
    assert host.letters_command("redeliver").returncode == 2
    assert host.letters_command("redeliver", "nobody").returncode == 1
    again = host.letters_command("redeliver", event.id)
    assert (again.returncode, again.stdout) == (0, "redeliver: 1\n")
    eventually(lambda: len(host.calls()) == 3, "the third call")
    eventually(lambda: host.health()[1]["plugins"]["heritage"]["aside"] == 0, "nothing to be aside")
    assert host.letters == []
    assert "nothing was put aside" in host.letters_command().stdout


def test_an_hour_is_told_once_also_after_a_restart(host: HostProcess, core: CoreDouble) -> None:
    ticks = host.folder / "journal.jsonl.ticks"
    host.start_and_wait()
    eventually(ticks.exists, "the hour")
    # Killed before it is written down that the hour was told, the host would tell it again, as it may.
    eventually(lambda: Desk.in_folder(host.folder / "state").due("heritage") == [], "the hour to be settled")
    host.kill()
    core.tell(reported())
    host.start_and_wait()
    eventually(lambda: core.acks.get(GROUP) == 1, "the acknowledgement")
    hours = ticks.read_text().split()
    assert len(hours) == len(set(hours)), "no hour is told twice, whenever the clock strikes during the test"


class WallSystem(BaseHTTPRequestHandler):
    """The heritage centre's own system: away at first, then answers."""

    asked: list[tuple[dict[str, str], bytes]] = []  # noqa: RUF012 one server, one test
    failures = 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((dict(self.headers), body))
        self.send_response(503 if len(self.asked) <= self.failures else 200)
        self.end_headers()
        self.wfile.write(b'{"ticket": "W-1"}')

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def wall_system() -> Iterator[str]:
    WallSystem.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), WallSystem)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def linked(make_host: MakeHost, wall_system: str) -> HostProcess:
    """The outside department with a link to its own system, and its notebook."""
    host = make_host("heritage")
    secrets = host.folder / "secrets" / "heritage"
    secrets.mkdir(parents=True)
    (secrets / "link_key").write_text(KEY)
    settings = host.folder / "plugins.toml"
    settings.write_text(f'[heritage]\nlink_url = "{wall_system}"\n')
    host.environment["GRIDWARD_PLUGIN_SECRETS_DIR"] = str(secrets.parent)
    host.environment["GRIDWARD_PLUGIN_SETTINGS_FILE"] = str(settings)
    return host


def test_a_letter_reaches_the_departments_own_system_and_its_answer_comes_back(
    linked: HostProcess, core: CoreDouble
) -> None:
    [event] = core.tell(reported("tell"))
    linked.start_and_wait()
    eventually(lambda: linked.calls("message_received"), "the answer")
    assert len(WallSystem.asked) == 2, "once refused, once taken"
    headers, body = WallSystem.asked[-1]
    assert json.loads(body) == {"topic": "wall", "about": event.subject, "content": {"place": "北门"}}
    at_s = int(headers[signing.TIME_HEADER])
    assert signing.verify(KEY, headers, now_s=at_s, body=body) == WallSystem.asked[0][0][signing.ID_HEADER]
    assert [line["heard"] for line in linked.journal if line["hook"] == "message_received"] == ["wall;"]


def test_a_message_of_the_departments_own_system_is_heard_once(linked: HostProcess) -> None:
    linked.start_and_wait()
    body = json.dumps({"topic": "repaired", "about": "case-1", "content": {}}).encode()
    first = linked.post("/inbound/heritage", body, key=KEY, id="m-1")
    assert (first, linked.post("/inbound/heritage", body, key=KEY, id="m-1")) == (202, 200)
    assert linked.post("/inbound/heritage", body, key="wrong", id="m-2") == 401
    assert linked.post("/inbound/nobody", body, key=KEY, id="m-3") == 404
    assert linked.post("/inbound/heritage", body, key=KEY, id="m-4") == 202
    eventually(lambda: len(linked.calls("message_received")) == 2, "the hook")
    linked.kill()
    linked.start_and_wait()
    assert linked.post("/inbound/heritage", body, key=KEY, id="m-5") == 202
    eventually(lambda: len(linked.calls("message_received")) == 3, "the hook after a restart")
    assert linked.journal[-1]["heard"] == "repaired;" * 3
