"""The operator's commands for the data of a city: `python -m services.operations VERB`."""

import argparse
import sys
from pathlib import Path

import psycopg
import structlog
import urllib3
from minio.error import MinioException
from pydantic import ValidationError

from services.machine import keys
from services.machine.faults import Fault
from services.operations import backup, places, restore, retention, rotation, schemas
from services.operations.archive import Archive, check
from services.operations.settings import OperationsSettings, RetentionSettings
from services.platform import log as logs

log = structlog.get_logger()


def main() -> int:
    """Do what was asked; the exit code."""
    chosen = _parser().parse_args()
    try:
        settings = OperationsSettings()
        logs.configure("operations", settings.log_level)
        act(chosen, settings)
    except Fault as fault:
        log.error("refused", zh=fault.zh, en=fault.en)  # noqa: TRY400 told in a sentence, without the inside
        return fault.exit_code
    except (psycopg.Error, MinioException, urllib3.exceptions.HTTPError, OSError, ValidationError) as error:
        log.error("failed", error=f"{type(error).__name__}: {error}"[:500])  # noqa: TRY400 likewise
        return 1
    return 0


def act(chosen: argparse.Namespace, settings: OperationsSettings) -> None:
    """Carry out one verb."""
    if chosen.verb == "keys":
        chosen.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if chosen.rotate:
            (rotation.STEPS | rotation.SEAL_STEPS)[chosen.rotate](chosen.folder)
        else:
            keys.prepare(chosen.folder)
        log.info("keys_ready", files=sorted(file.name for file in chosen.folder.iterdir()))
    elif chosen.verb == "verify":
        manifest = check(Archive(chosen.backup.resolve().parent), chosen.backup)
        log.info("backup_whole", as_of=manifest.as_of, tables=len(manifest.fingerprint), objects=manifest.objects)
    elif chosen.verb == "migrate":
        schemas.bring_forward(places.find(settings))
    elif chosen.verb == "retain":
        retention.carry_out(places.find(settings), RetentionSettings())
    elif chosen.verb == "backup":
        backup.make(places.find(settings), chosen.folder, keep=chosen.keep)
    else:
        restore.restore(places.find(settings), chosen.backup)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.operations", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("migrate", help="make roles and schemas where an administrator is named, and bring all forward")
    verbs.add_parser("retain", help="delete personal data whose time is over, and report what was deleted")
    made = verbs.add_parser("backup", help="back up database and objects together")
    made.add_argument("folder", type=Path, help="where backups lie")
    made.add_argument("--keep", type=int, default=0, help="how many to keep; 0 keeps all")
    for verb, words in (("restore", "restore into an empty place"), ("verify", "check every byte of a backup")):
        verbs.add_parser(verb, help=words).add_argument("backup", type=Path, help="the folder of one backup")
    made = verbs.add_parser("keys", help="make the keys of all processes, or replace them without an outage")
    made.add_argument("folder", type=Path, help="where keys lie")
    made.add_argument(
        "--rotate", choices=[*rotation.STEPS, *rotation.SEAL_STEPS], help="one step; between two, all pods are replaced"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
