"""The command that verifies: what it may be told, and how it says what it found."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.incidents.verifying.actions import Verdict, verify
from services.platform.database import Database

#: Lines younger than this may still be under way in a transaction that began before.
SETTLED_AFTER = timedelta(minutes=5)
FAULTS_SHOWN = 100


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m services.incidents verify",
        description="核对全部案件的历史记录是否被改动。 Verifies that no line of any case's history was changed, removed or moved.",
    )
    parser.add_argument("--case", type=UUID, help="only this case, by its id")
    parser.add_argument("--until", type=datetime.fromisoformat, help="fingerprint of the lines up to this moment")
    parser.add_argument("--fingerprint", default="", help="the fingerprint that an earlier run printed for --until")
    given = parser.parse_args(words)
    if given.fingerprint and given.until is None:
        parser.error("--fingerprint needs the --until of the run that printed it")
    if given.until is not None and given.until.tzinfo is None:
        parser.error("--until needs a zone, as in 2026-03-09T08:00:00+08:00")
    return given


async def run(database: Database, words: Sequence[str]) -> int:
    """Verify and say what was found; 0 when all is well, else 1."""
    given = arguments(words)
    until = given.until or datetime.now(UTC).replace(microsecond=0) - SETTLED_AFTER
    verdict = await verify(database, until=until, case_id=given.case)
    same = not given.fingerprint or given.fingerprint == verdict.fingerprint
    sys.stdout.write(report(verdict, until=until, same=same))
    return 0 if same and not verdict.faults else 1


def report(verdict: Verdict, *, until: datetime, same: bool) -> str:
    """What was found, in words."""
    lines = [
        f"{verdict.cases} cases, {verdict.lines} lines, {len(verdict.faults)} faults",
        *(
            f"{fault.kind.value}\tcase {fault.case_id}\tline {fault.sequence}"
            for fault in verdict.faults[:FAULTS_SHOWN]
        ),
        f"fingerprint until {until.isoformat()}: {verdict.fingerprint}",
    ]
    if not same:
        lines.append("the fingerprint is another one: lines before that moment were rewritten, seals and all")
    return "\n".join(lines) + "\n"
