"""Starts everything in order, watches over it, and stops everything in reverse."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

from services.machine import database, demo, health, keys, leftovers, logs, objectstore, parts, plan, ports, postgres
from services.machine.console import Teller
from services.machine.faults import ProgramFailed, ProgramSilent, SupervisorStopped
from services.machine.home import Home, Memory
from services.machine.plan import Check, Program, Stage, Surroundings
from services.machine.settings import MachineSettings, inherited_environment
from services.machine.supervisor import ATTEMPTS, Standing, Supervisor, SupervisorGone

READY_S_MAX: Final = 120
POLL_S: Final = 0.1
WATCH_S: Final = 1.0
#: How long a program that failed again and again is left alone before it is tried anew.
SECOND_CHANCE_S: Final = 30.0


@dataclass(slots=True, kw_only=True)
class Machine:
    """The suite on this machine: what it stands on, what runs, and who keeps it running."""

    settings: MachineSettings
    home: Home
    memory: Memory
    around: Surroundings
    programs: Sequence[Program]
    environment: Mapping[str, str]
    supervisor: Supervisor
    admin_dsn: str
    role_passwords: Mapping[str, str]
    with_demo: bool

    def program(self, name: str) -> Program:
        """A program by its name."""
        return next(program for program in self.programs if program.name == name)


@dataclass(slots=True)
class Patience:
    """Waits for a program to become well, and loses hope when it ends again and again."""

    program: Program
    home: Home
    began_s: float = field(default_factory=time.monotonic)
    beginnings: set[int] = field(default_factory=set)

    def look(self, standing: Standing) -> bool:
        """Whether the program is well now; fails when there is no hope."""
        if standing.pid:
            self.beginnings.add(standing.pid)
        if standing.given_up or len(self.beginnings) > ATTEMPTS + 1:
            raise failure(self.program, self.home)
        long_enough = standing.state == "RUNNING" or self.program.check is not Check.PROCESS
        if standing.running and long_enough and health.is_well(self.program):
            return True
        if time.monotonic() - self.began_s > READY_S_MAX:
            log = self.home.log(self.program.name)
            raise ProgramSilent(program=self.program.title, waited_s=READY_S_MAX, line=logs.last_error(log), log=log)
        return False


def failure(program: Program, home: Home) -> ProgramFailed:
    """The sentence about a program that ends again and again."""
    log = home.log(program.name)
    return ProgramFailed(program=program.title, line=logs.last_error(log), log=log)


def assemble(settings: MachineSettings, home: Home, *, with_demo: bool) -> Machine:
    """Choose ports, make keys and secrets, prepare the stores, and list what will run; nothing is started yet."""
    memory = Memory.of(home)
    forgotten = "postgres" not in memory.secrets
    memory.ports = ports.choose(plan.PORTS, memory.ports)
    role_passwords = {role: memory.secret(f"role.{role}") for role in database.SERVICES}
    supervisor = Supervisor(home=home, password=memory.secret("supervisor"))
    admin_password = memory.secret("postgres")
    keys.prepare(home.keys)
    programs: list[Program] = []
    if settings.database_admin_url is None:
        cluster = postgres.prepare(
            home.folder / "postgres", port=memory.ports["postgres"], password=admin_password, forgotten=forgotten
        )
        admin_dsn = cluster.dsn()
        programs.append(plan.database_program(cluster))
    else:
        admin_dsn = settings.database_admin_url.get_secret_value()
    store, access = _objects(settings, home, memory)
    if store is not None:
        programs.append(plan.objects_program(store, home))
    around = Surroundings(
        home=home,
        ports=memory.ports,
        gateway_port=settings.port,
        database_urls={
            role: database.in_database(admin_dsn, database.DATABASE, role=role, password=password)
            for role, password in role_passwords.items()
        },
        objects=access,
        demo=with_demo,
    )
    memory.save()
    programs += plan.service_programs(around)
    if with_demo and settings.demo_traffic:
        programs.append(plan.traffic_program(around))
    return Machine(
        settings=settings,
        home=home,
        memory=memory,
        around=around,
        programs=programs,
        environment=inherited_environment(),
        supervisor=supervisor,
        admin_dsn=admin_dsn,
        role_passwords=role_passwords,
        with_demo=with_demo,
    )


def start(machine: Machine, teller: Teller) -> None:
    """Start all, each stage when the one before is well, and load the demo city where that is due."""
    parts.save(machine.home, machine.programs)
    machine.supervisor.start(machine.programs, machine.environment)
    below = [program for program in machine.programs if program.stage is not Stage.SUITE]
    later = {plan.TRAFFIC, plan.HOST}
    suite = [program for program in machine.programs if program.stage is Stage.SUITE and program.name not in later]
    run_until_well(machine.supervisor, below, teller)
    with teller.step("数据库角色与存储桶 schemas and bucket"):
        database.prepare(machine.admin_dsn, machine.role_passwords)
        objectstore.create_bucket(machine.around.objects)
    # Departments register as soon as the city knows them, which the demo city sees to; another city may have none yet.
    machine.supervisor.run(plan.HOST)
    run_until_well(machine.supervisor, suite, teller)
    if machine.with_demo and demo.is_needed(machine.memory, machine.around):
        with teller.step("演示城市 demo city"):
            demo.load(machine.memory, machine.around, machine.environment, lambda line: teller.say(f"  {line}"))
    if machine.memory.demo == demo.LOADED:
        wait_until_well(machine.supervisor, [machine.program(plan.HOST)], teller)
    if any(program.name == plan.TRAFFIC for program in machine.programs):
        machine.supervisor.run(plan.TRAFFIC)


def run_until_well(supervisor: Supervisor, programs: Sequence[Program], teller: Teller) -> None:
    """Start programs together and wait until each is well."""
    for program in programs:
        supervisor.run(program.name)
    wait_until_well(supervisor, programs, teller)


def wait_until_well(supervisor: Supervisor, programs: Sequence[Program], teller: Teller) -> None:
    """Wait until each of some programs that were started is well."""
    began_s = time.monotonic()
    waiting = {program.name: Patience(program, supervisor.home) for program in programs}
    with teller.waiting("、".join(program.title for program in programs)):
        while waiting:
            standings = supervisor.standings()
            for name, patience in list(waiting.items()):
                if patience.look(standings[name]):
                    del waiting[name]
                    teller.done(patience.program.title, began_s)
            if waiting:
                time.sleep(POLL_S)


def tell_all(machine: Machine, teller: Teller) -> None:
    """Say how everything is, who may sign in, and at last the address."""
    teller.parts(rows(machine.programs, machine.supervisor))
    if machine.with_demo:
        teller.accounts(demo.accounts(machine.around, machine.environment))
    teller.say(f"日志 logs: {machine.home.logs}    停止 stop: Ctrl-C")
    teller.say(f"打开 open: {machine.around.gateway_url}", style="bold green")


def rows(programs: Sequence[Program], supervisor: Supervisor) -> list[tuple[Program, str, str]]:
    """For each program how it is, in words, and its process id."""
    standings = supervisor.standings()
    told = []
    for program in programs:
        standing = standings.get(program.name)
        if standing is None or not standing.running:
            told.append((program, "停止 down", "-"))
        elif health.is_well(program):
            told.append((program, "正常 well", str(standing.pid)))
        else:
            told.append((program, "未就绪 not ready", str(standing.pid)))
    return told


def watch(machine: Machine, teller: Teller) -> NoReturn:
    """Tell of every program that ended and was started again; give one that was given up another chance later."""
    pids = {name: standing.pid for name, standing in machine.supervisor.standings().items()}
    again_at_s: dict[str, float] = {}
    while True:
        time.sleep(WATCH_S)
        if not machine.supervisor.alive():
            raise SupervisorStopped(log=machine.home.log("supervisor"))
        try:
            standings = machine.supervisor.standings()
        except SupervisorGone:
            continue
        now_s = time.monotonic()
        for name, standing in standings.items():
            if name not in again_at_s and standing.given_up:
                teller.fault(failure(machine.program(name), machine.home))
                again_at_s[name] = now_s + SECOND_CHANCE_S
            elif name in again_at_s and now_s >= again_at_s[name]:
                del again_at_s[name]
                if standing.given_up:
                    machine.supervisor.run(name)
            elif standing.state == "RUNNING" and standing.pid != pids.get(name):
                teller.say(f"↻ {machine.program(name).title} 已重新启动 was started again (pid {standing.pid})")
                pids[name] = standing.pid


def stop(machine: Machine) -> None:
    """Stop all: services first, then the object store, then the database; nothing stays behind."""
    machine.supervisor.stop()
    leftovers.end(machine.home, machine.supervisor.password)


def _objects(
    settings: MachineSettings, home: Home, memory: Memory
) -> tuple[objectstore.Store | None, objectstore.Access]:
    """The embedded object store, or none when the operator gave one."""
    if settings.s3_endpoint:
        return None, objectstore.Access(
            endpoint=settings.s3_endpoint,
            access_key=settings.s3_access_key.get_secret_value(),
            secret_key=settings.s3_secret_key.get_secret_value(),
            bucket=settings.s3_bucket,
            secure=settings.s3_secure,
        )
    store = objectstore.prepare(
        home.folder / "objects",
        ports={name: memory.ports[name] for name in objectstore.PORTS},
        access_key=memory.secret("s3.access"),
        secret_key=memory.secret("s3.secret"),
    )
    return store, store.access
