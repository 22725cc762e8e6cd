"""Keeps names sealed: what is read without need shows the first character only, and a name is opened on purpose."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, LiteralString

import structlog

from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.seal import SealBroken, Sealer
from services.points.domain.volunteers import masked

log = structlog.get_logger()
queries = sql.load(__package__, "names.sql")

KIND: Final = "volunteer.name"


def _place(subject: str) -> str:
    return f"{KIND}:{subject}"


def _paper(number: str) -> str:
    return f"certificate.name:{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Seals and opens names, each bound to whose it is."""

    sealer: Sealer

    def seal(self, subject: str, name: str) -> bytes:
        """As it is kept."""
        return self.sealer.seal(name, place=_place(subject))

    def open(self, subject: str, sealed: bytes) -> str:
        """The whole name. Only for whom it is meant, or with a purpose that was written down."""
        return self.sealer.open(sealed, place=_place(subject))

    def seal_paper(self, number: str, name: str) -> bytes:
        """The name on a certificate."""
        return self.sealer.seal(name, place=_paper(number))

    def open_paper(self, number: str, sealed: bytes) -> str:
        """The name on a certificate, for whoever it was issued to."""
        return self.sealer.open(sealed, place=_paper(number))

    def index(self, name: str) -> bytes:
        """Under what a whole name is found."""
        return self.sealer.blind_index(name, kind=KIND)

    def indexes(self, name: str) -> list[bytes]:
        """Everything a whole name may be found under while keys change."""
        return self.sealer.blind_indexes(name, kind=KIND)

    async def seal_some(self, transaction: Transaction, *, size: int) -> int:
        """Seal what lies open and bring forward what an older key sealed; how many names."""
        newest = {"size": size, "prefix": self.sealer.prefix}
        return sum(
            [
                await self._volunteers(transaction, queries.list_open_volunteers, newest, lambda row: row["name"]),
                await self._volunteers(
                    transaction,
                    queries.list_old_volunteers,
                    newest,
                    lambda row: self.open(row["subject"], row["sealed_name"]),
                ),
                await self._papers(transaction, queries.list_open_certificates, newest, lambda row: row["name"]),
                await self._papers(
                    transaction,
                    queries.list_old_certificates,
                    newest,
                    lambda row: self.open_paper(row["number"], row["sealed_name"]),
                ),
            ]
        )

    async def _volunteers(
        self, transaction: Transaction, which: LiteralString, values: dict[str, object], name_of: Callable[[Row], str]
    ) -> int:
        done = 0
        for row in await (await transaction.execute(which, values)).fetchall():
            name = _readable(row["subject"], name_of, row)
            if name is not None:
                sealed = {
                    "subject": row["subject"],
                    "masked": masked(name),
                    "sealed": self.seal(row["subject"], name),
                    "index": self.index(name),
                }
                done += (await transaction.execute(queries.seal_volunteer, sealed)).rowcount
        return done

    async def _papers(
        self, transaction: Transaction, which: LiteralString, values: dict[str, object], name_of: Callable[[Row], str]
    ) -> int:
        done = 0
        for row in await (await transaction.execute(which, values)).fetchall():
            name = _readable(row["number"], name_of, row)
            if name is not None:
                paper = {
                    "number": row["number"],
                    "masked": masked(name),
                    "sealed": self.seal_paper(row["number"], name),
                }
                done += (await transaction.execute(queries.seal_certificate, paper)).rowcount
        return done


def _readable(whose: str, name_of: Callable[[Row], str], row: Row) -> str | None:
    """The name; None for one that does not open, which is left as it is and must not keep the service from working."""
    try:
        return name_of(row)
    except SealBroken:
        log.exception("name_does_not_open", whose=whose)
        return None
