"""Starts every department that can be run, watches over them, and lets them finish when told to stop."""

import logging
import signal
from collections.abc import Callable
from typing import Any, Final

import eventlet
import structlog
from eventlet import tpool
from nameko.runners import ServiceRunner

from services.host import loader, worker
from services.host.admission import Operator, Policy, settings_in
from services.host.core import Core
from services.host.counter import Counter
from services.host.desk import Desk
from services.host.feed import CONTEXT, HostContext
from services.host.health import Health
from services.host.inbound import Inbound
from services.host.letters import BrokerLetters, DeskLetters
from services.host.papers import Papers
from services.host.settings import HostSettings
from services.host.watchdog import Watchdog
from services.platform import transport
from services.platform.identity import TokenSigner, TokenVerifier

log = structlog.get_logger(service="host")

EXIT_NOTHING_TO_RUN: Final = 1
EXIT_BROKE: Final = 2
#: Real threads for what every department does besides: acknowledgements, leases, letters, the desk.
SPARE_THREADS: Final = 24


def run(names: list[str], settings: HostSettings) -> int:
    """Run the departments named, or all that are installed, until told to stop; the exit code."""
    for noisy in ("nameko", "kombu", "amqp"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    health = Health()
    operator = Operator(
        policy=Policy.read(settings.plugin_policy_file),
        settings=settings_in(settings.plugin_settings_file),
        secrets=settings.plugin_secrets_dir,
    )
    loaded = loader.load(names, operator=operator)
    for name, problem in loaded.problems.items():
        health.refused(name, problem)
    if not loaded.departments:
        log.error("no_plugin_to_run", installed=[point.name for point in loader.installed()])
        return EXIT_NOTHING_TO_RUN
    tpool.set_num_threads(len(loaded.departments) + settings.hook_workers + SPARE_THREADS)
    desk = Desk.in_folder(settings.state_dir)
    source = "broker" if settings.amqp_url else "stream"
    context = HostContext(
        settings=settings,
        core=Core(settings, TokenSigner.from_file(settings.signing_key_file)),
        health=health,
        desk=desk,
        papers=Papers(settings),
        hear_before_joining=source == "broker",
    )
    runner = ServiceRunner({"max_workers": settings.hook_workers, CONTEXT: context, worker.SOURCE: source})
    watchdog = Watchdog(grace_s=settings.hook_block_s)
    for department in loaded.departments:
        health.runs(department.name, version=department.manifest.version, release=settings.plugin_release)
        health.registered(department.name, holds=False)
        runner.add_service(worker.service_class(department, hook_timeout_s=settings.hook_timeout_s, watchdog=watchdog))
    health.inbound = Inbound({department.name: department for department in loaded.departments}, desk).answer
    health.counter = _counter(settings, desk, [department.name for department in loaded.departments]).answer
    health.serve(settings.metrics_host, settings.metrics_port)
    watchdog.start()
    transport.end_when_renewed(settings)
    _on_signal(lambda: _stop(runner))
    runner.start()
    log.info("serving", plugins=[department.name for department in loaded.departments], source=source)
    return _wait(runner)


def _counter(settings: HostSettings, desk: Desk, plugins: list[str]) -> Counter:
    verifier = TokenVerifier.from_file(settings.trust_file)
    broker = None
    if settings.amqp_url is not None:
        broker = BrokerLetters(settings.amqp_url.get_secret_value(), plugins, settings.plugin_release)
    return Counter(verifier, DeskLetters(desk), broker)


def _wait(runner: ServiceRunner) -> int:
    # A signal that comes while the hub waits on a socket would end this wait; a green thread of its own does not feel it.
    waiting = eventlet.spawn(runner.wait)
    while True:
        try:
            waiting.wait()
        except InterruptedError:
            continue
        except Exception:
            log.exception("host_broke")
            return EXIT_BROKE
        log.info("stopped")
        return 0


def _stop(runner: ServiceRunner) -> None:
    log.info("draining")
    runner.stop()


def _on_signal(stop: Callable[[], None]) -> None:
    def told(_number: int, _frame: Any) -> None:
        # A signal handler runs inside the hub, which must not wait for anything.
        eventlet.spawn_n(stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
