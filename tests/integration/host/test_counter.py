"""People of the centre look at what was put aside and have it told anew; whoever has no right to is turned away."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import kombu
import pytest

from services.platform.identity import Caller, Grant
from tests.integration.host.conftest import HostProcess, MakeHost, eventually
from tests.integration.host.test_broker import EXCHANGE, send
from tests.support.core_double import CoreDouble, reported
from tests.support.servers import Broker
from tests.support.tokens import TestTokens

CHIEF = Caller(subject="staff:chief", grants=(Grant(role="duty_chief", area_path="9991"),))
WORKER = Caller(subject="staff:worker", grants=(Grant(role="grid_worker", area_path="9991"),))
Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(tokens: TestTokens) -> Ask:
    """Asks a host as the gateway does, on somebody's behalf."""

    def asked(host: HostProcess, *, by: Caller | None = CHIEF, body: object = None) -> tuple[int, Any]:
        url = f"http://127.0.0.1:{host.logged('watched')[-1]['port']}/letters?plugin=heritage"
        headers = {"Authorization": f"Bearer {tokens.signer('gateway').sign(by, life_s=60)}"} if by else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=headers, method="GET" if body is None else "POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status), json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    return asked


def state(host: HostProcess) -> tuple[str, int]:
    told = host.health()[1].get("plugins", {}).get("heritage", {})
    return told.get("state", ""), told.get("aside", 0)


def test_what_was_put_aside_is_looked_at_and_told_anew_or_dropped(
    host: HostProcess, core: CoreDouble, ask: Ask
) -> None:
    host.environment["GRIDWARD_HOOK_TRIES"] = "2"
    again, hopeless = core.tell(reported("raise twice"), reported("raise"))
    host.start_and_wait()
    eventually(lambda: state(host) == ("degraded", 2), "both to be put aside")
    status, told = ask(host)
    assert status == 200
    assert {letter["id"] for letter in told["letters"]} == {again.id, hopeless.id}
    assert {letter["error"] for letter in told["letters"]} == {"ValueError: the wall fell"}
    for body in ({}, {"plugin": "heritage", "deed": "redeliver", "ids": []}, {"plugin": "heritage", "ids": [again.id]}):
        assert ask(host, body=body)[0] == 400
    assert ask(host, by=None)[0] == 401
    assert ask(host, by=WORKER)[0] == 403
    assert ask(host, body={"plugin": "heritage", "deed": "drop", "ids": [hopeless.id]}) == (200, {"count": 1})
    assert ask(host, body={"plugin": "heritage", "deed": "redeliver", "ids": [again.id]}) == (200, {"count": 1})
    eventually(lambda: state(host)[1] == 0, "nothing to be aside")
    assert host.calls().count(again.subject) == 3
    assert ask(host)[1] == {"letters": []}


def test_what_lies_in_the_brokers_dead_queue_counts_as_degraded_and_is_told_anew(
    make_host: MakeHost, broker: Broker, ask: Ask
) -> None:
    host = make_host("heritage", amqp_url=broker.amqp_url, hook_tries="1")
    host.start_and_wait()
    event = reported("raise twice")
    with kombu.Connection(broker.amqp_url, transport_options={"confirm_publish": True}) as connection:
        send(connection.Producer(exchange=EXCHANGE(connection.channel())), event.SerializeToString(), event)
    eventually(lambda: state(host) == ("degraded", 1), "the event to be put aside and counted")
    assert 'host_plugin_degraded{plugin="heritage"} 1.0' in host.page("/metrics")[1]
    [letter] = ask(host)[1]["letters"]
    assert (letter["id"], letter["what"], letter["error"]) == (
        event.id, "incident_reported", "ValueError: the wall fell",
    )  # fmt: skip
    assert ask(host, body={"plugin": "heritage", "deed": "redeliver", "ids": [event.id]}) == (200, {"count": 1})
    eventually(lambda: len(host.calls()) == 2, "the second call")
    eventually(lambda: ask(host)[1]["letters"], "it to be put aside again")
    assert ask(host, body={"plugin": "heritage", "deed": "redeliver", "ids": [event.id]}) == (200, {"count": 1})
    eventually(lambda: len(host.calls()) == 3, "the third call, which goes well")
    eventually(lambda: state(host)[1] == 0, "nothing to be aside")
