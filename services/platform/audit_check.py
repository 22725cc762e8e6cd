"""Walks a service's audit trail and says whether it is whole: `python -m services.platform.audit_check [POSITION=HEAD …]`."""

import argparse
import asyncio
import sys

from services.platform.audit import Verdict, verify
from services.platform.database import open_database
from services.platform.settings import DatabaseSettings


def main() -> int:
    """0 when whole, 1 when broken. Heads noted from earlier walks prove that nothing was cut off since."""
    parser = argparse.ArgumentParser(prog="python -m services.platform.audit_check", description=__doc__)
    parser.add_argument("noted", nargs="*", metavar="POSITION=HEAD", help="what an earlier walk printed")
    noted = dict(_noted(text) for text in parser.parse_args().noted)
    verdict = asyncio.run(_walk(DatabaseSettings(), noted))
    words = "whole" if verdict.whole else f"BROKEN at row {verdict.broken_at}"
    sys.stdout.write(f"{words}: {verdict.rows} rows; note this head elsewhere: {verdict.rows}={verdict.head}\n")
    return 0 if verdict.whole else 1


def _noted(text: str) -> tuple[int, str]:
    position, _, head = text.partition("=")
    return int(position), head.lower()


async def _walk(settings: DatabaseSettings, noted: dict[int, str]) -> Verdict:
    database = await open_database(settings.database_url.get_secret_value(), service="audit-check", connections_max=1)
    try:
        async with database.connection() as connection:
            return await verify(connection, noted=noted)
    finally:
        await database.close()


if __name__ == "__main__":
    sys.exit(main())
