"""Starts every department that can be run, watches over them, and lets them finish when told to stop."""

import logging
import signal
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Final

import eventlet
import structlog
from eventlet import tpool

from services.host import loader
from services.host.admission import Operator, Policy, settings_in
from services.host.chairs import Chairs
from services.host.core import Core
from services.host.counter import Counter
from services.host.desk import Desk
from services.host.feed import HostContext
from services.host.health import Health
from services.host.house import House
from services.host.inbound import Inbound
from services.host.letters import BrokerLetters, DeskLetters
from services.host.newcomers import Newcomers
from services.host.orders import line_name
from services.host.papers import Papers
from services.host.relief import Relief
from services.host.settings import HostSettings
from services.platform import transport
from services.platform.identity import TokenSigner, TokenVerifier

log = structlog.get_logger(service="host")

EXIT_NOTHING_TO_RUN: Final = 1
EXIT_BROKE: Final = 2
#: Real threads for what every department does besides (acknowledgements, leases, letters, the desk), and for newcomers.
SPARE_THREADS: Final = 32


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
    if names and not loaded.departments:
        log.error("no_plugin_to_run", installed=[point.name for point in loader.installed()])
        return EXIT_NOTHING_TO_RUN
    tpool.set_num_threads(len(loaded.departments) + settings.hook_workers + SPARE_THREADS)
    desk = Desk.told(settings.database_url, settings.state_dir)
    context = HostContext(
        settings=settings,
        core=Core(settings, TokenSigner.from_file(settings.signing_key_file)),
        health=health,
        desk=desk,
        papers=Papers(settings),
        hear_before_joining=settings.amqp_url is not None,
    )
    house = House(context)
    relief = _relief(settings, context, house)
    departments = house.departments if relief is None else relief.known
    for department in loaded.departments:
        if relief is None:
            house.add(department)
        else:
            relief.expect(department)
    health.inbound = Inbound(departments, desk).answer
    health.counter = _counter(settings, desk, departments).answer
    health.serve(settings.metrics_host, settings.metrics_port)
    transport.end_when_renewed(settings)
    take_in = house.take_in if relief is None else relief.expect
    newcomers = Newcomers(loaded.departments, operator=operator, health=health, take_in=take_in)
    _on_signal(lambda: _stop(house, newcomers, relief))
    house.start()
    if relief is not None:
        relief.start()
    if not names:
        newcomers.start()
    log.info("serving", plugins=[*departments], source=house.source, stands_by=relief is not None)
    code = _wait(house)
    if relief is not None:
        relief.leave()
    desk.drawers.close()
    return code


def _relief(settings: HostSettings, context: HostContext, house: House) -> Relief | None:
    """Where several hosts share a desk, one at a time serves each department."""
    if settings.database_url is None:
        return None
    release = settings.plugin_release
    chairs = Chairs(settings.database_url.get_secret_value(), line_of=lambda plugin: line_name(plugin, release))
    take_in = partial(house.take_in, vital=True)
    return Relief(chairs, context.desk, context.health, release=release, take_in=take_in)


def _counter(settings: HostSettings, desk: Desk, plugins: Collection[str]) -> Counter:
    verifier = TokenVerifier.from_file(settings.trust_file)
    broker = None
    if settings.amqp_url is not None:
        broker = BrokerLetters(settings.amqp_url.get_secret_value(), plugins, settings.plugin_release)
    return Counter(verifier, DeskLetters(desk), broker)


def _wait(house: House) -> int:
    try:
        house.wait()
    except Exception:
        log.exception("host_broke")
        return EXIT_BROKE
    log.info("stopped")
    return 0


def _stop(house: House, newcomers: Newcomers, relief: Relief | None) -> None:
    log.info("draining")
    newcomers.stop()
    if relief is not None:
        relief.stop()
    house.stop()


def _on_signal(stop: Callable[[], None]) -> None:
    def told(_number: int, _frame: Any) -> None:
        # A signal handler runs inside the hub, which must not wait for anything.
        eventlet.spawn_n(stop)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
