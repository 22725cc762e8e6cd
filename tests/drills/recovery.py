"""Destroys a city and has it again: counts what was lost (RPO) and how long it took (RTO)."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from pydantic import SecretStr

from services.machine import database
from services.machine.home import Home, Memory
from services.operations import backup, places, restore
from services.operations.archive import manifest_of
from services.operations.places import Place
from services.operations.settings import OperationsSettings
from tests.acceptance.suite import Json, Person, Suite
from tests.drills.outage import REPORTER, a_report, evidence_of
from tests.support import servers
from tests.support.servers import ObjectStoreServer, PostgresServer

BACKUPS = 3
BETWEEN_BACKUPS_S = 15.0
RTO_S = 30 * 60
RPO_S = 5 * 60


@dataclass
class Stores:
    """A database and an object store that a city is told of."""

    postgres: PostgresServer
    objects: ObjectStoreServer

    @classmethod
    def start(cls) -> Stores:
        folder = Path(tempfile.mkdtemp(prefix="gridward-drill-"))
        return cls(servers.start_postgres(folder), servers.start_object_store(folder))

    def settings(self) -> dict[str, str]:
        return {
            "GRIDWARD_DATABASE_ADMIN_URL": self.postgres.dsn_admin,
            "GRIDWARD_S3_ENDPOINT": self.objects.endpoint,
            "GRIDWARD_S3_ACCESS_KEY": self.objects.access_key,
            "GRIDWARD_S3_SECRET_KEY": self.objects.secret_key,
        }

    def place(self, home: Path) -> Place:
        """Where the city's data lies, with the passwords its launcher chose."""
        memory = Memory.of(Home(home))
        folder = Path(tempfile.mkdtemp(prefix="gridward-drill-dsn-"))
        for role in database.SERVICES:
            url = database.in_database(
                self.postgres.dsn_admin, database.DATABASE, role=role, password=memory.secret(f"role.{role}")
            )
            (folder / role).write_text(url)
        memory.save()
        return places.find(
            OperationsSettings(
                databases_dir=folder,
                database_admin_url=SecretStr(self.postgres.dsn_admin),
                s3_endpoint=self.objects.endpoint,
                s3_access_key=SecretStr(self.objects.access_key),
                s3_secret_key=SecretStr(self.objects.secret_key),
            )
        )

    def destroy(self) -> None:
        """As a fire would."""
        self.postgres.kill()
        self.objects.leashed.kill()
        shutil.rmtree(self.postgres.cluster.data, ignore_errors=True)
        shutil.rmtree(self.objects.store.folder, ignore_errors=True)


@dataclass
class Reporter:
    """Reports without a pause and remembers what was acknowledged when."""

    person: Person
    evidence: Json
    acknowledged: dict[str, datetime] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                answer = self.person.report(a_report(self.evidence))
            except httpx.HTTPError:
                continue
            if answer.status_code < 400:
                self.acknowledged[answer.json()["case"]["id"]] = datetime.now(UTC)
            self.stop.wait(0.1)


def run() -> int:
    """The whole drill; 1 when a figure was missed or anything acknowledged before the backup is gone."""
    home = Path(tempfile.mkdtemp(prefix="gridward-drill-home-"))
    home.chmod(0o711)
    backups = Path(tempfile.mkdtemp(prefix="gridward-drill-backups-"))
    stores = Stores.start()
    suite = Suite(home, settings=stores.settings())
    suite.wait_until_up()
    person = Person(suite, REPORTER)
    reporter = Reporter(person, evidence_of(person))
    thread = threading.Thread(target=reporter.run)
    thread.start()
    made = backups
    for _ in range(BACKUPS):
        time.sleep(BETWEEN_BACKUPS_S)
        made = backup.make(stores.place(home), backups, keep=2)
    time.sleep(BETWEEN_BACKUPS_S / 2)
    fire = datetime.now(UTC)
    fire_s = time.monotonic()
    stores.destroy()
    reporter.stop.set()
    thread.join()
    suite.stop()

    stores = Stores.start()
    restore.restore(stores.place(home), made)
    suite = Suite(home, settings=stores.settings())
    suite.wait_until_up()
    person = Person(suite, REPORTER)
    rto_s = time.monotonic() - fire_s
    manifest = manifest_of(made)
    as_of = datetime.fromisoformat(manifest.as_of)
    lost = [case for case in reporter.acknowledged if person.client.get(f"/v1/cases/{case}").status_code == 404]
    wrongly = [case for case in lost if reporter.acknowledged[case] < as_of]
    rpo_s = (fire - as_of).total_seconds()
    suite.stop()
    stores.postgres.stop()
    stores.objects.stop()
    print(f"acknowledged {len(reporter.acknowledged)}, lost {len(lost)}, of these before the backup {len(wrongly)}")
    print(f"tables and sequences compared {len(manifest.fingerprint)}, objects {manifest.objects}")
    print(f"last backup took {manifest.took_s:.1f} s; RPO {rpo_s:.1f} s (≤ {RPO_S}); RTO {rto_s:.1f} s (≤ {RTO_S})")
    return 1 if wrongly or rto_s > RTO_S or rpo_s > RPO_S else 0
