"""gRPC lives in a green process only when it comes in by its own door, and then holds nobody up."""

import subprocess
import sys

import pytest

TOO_LATE = """
import eventlet
eventlet.monkey_patch()
import grpc
from services.host import native_grpc
"""

SIDE_BY_SIDE = """
import eventlet
eventlet.monkey_patch()
from services.host.native_grpc import grpc
import threading
from eventlet import tpool, patcher

assert patcher.is_monkey_patched("thread")
assert grpc._channel.threading is not threading, "gRPC got the green threading"
from subprocess import Popen
import sys
server = Popen([sys.executable, "-c", '''
import grpc, threading, sys
from concurrent.futures import ThreadPoolExecutor
together = threading.Barrier(4)
def answer(request, context):
    together.wait(20)  # all four calls are here at once, or this fails
    return request
server = grpc.server(ThreadPoolExecutor(4))
methods = {"Echo": grpc.unary_unary_rpc_method_handler(answer)}
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("t.T", methods),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
sys.stdin.read()
'''], stdin=-1, stdout=-1, text=True)
port = int(server.stdout.readline())
call = grpc.insecure_channel(f"127.0.0.1:{port}").unary_unary("/t.T/Echo")
pool = eventlet.GreenPool()
ticks = []
def tick():
    while True:
        ticks.append(1)
        eventlet.sleep(0.001)
ticker = eventlet.spawn(tick)
answers = list(pool.imap(lambda body: tpool.execute(call, body, timeout=30), [b"a", b"b", b"c", b"d"]))
assert answers == [b"a", b"b", b"c", b"d"], answers
assert ticks
server.stdin.close()
server.wait(20)
print("side by side")
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=120, check=False
    )


def test_grpc_imported_before_its_door_is_refused() -> None:
    ended = run(TOO_LATE)
    assert ended.returncode == 1
    assert "ImportedTooEarly" in ended.stderr


def test_calls_run_side_by_side_while_green_threads_go_on() -> None:
    ended = run(SIDE_BY_SIDE)
    assert ended.stdout.strip() == "side by side", ended.stderr


@pytest.mark.parametrize("missing", ["GRIDWARD_REGISTRY_ADDRESS", "GRIDWARD_INCIDENTS_ADDRESS", "GRIDWARD_TRUST_FILE"])
def test_a_setting_left_out_stops_the_start_and_names_itself(missing: str) -> None:
    settings = {
        "GRIDWARD_TRUST_FILE": "t",
        "GRIDWARD_SIGNING_KEY_FILE": "k",
        "GRIDWARD_REGISTRY_ADDRESS": "a:1",
        "GRIDWARD_INCIDENTS_ADDRESS": "a:2",
        "PATH": "/usr/bin:/bin",
    }
    del settings[missing]
    ended = subprocess.run(
        [sys.executable, "-m", "services.host"], env=settings, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 1
    assert missing.removeprefix("GRIDWARD_").lower() in ended.stderr
