"""Tells the other gateways who looks at which case, by the database they share; nothing of it is stored."""

import asyncio
import json
import secrets
from typing import Final

import psycopg
import structlog

from services.gateway.desk.presence import Presence
from services.platform import sql
from services.platform.database import Database
from services.platform.errors import GridwardError

log = structlog.get_logger()

queries = sql.load(__package__)
CHANNEL: Final = "gateway_presence"
RETRY_S: Final = 2.0
SILENCE_S: Final = 20.0


class Line:
    """One gateway's end of the line between them."""

    def __init__(self, database: Database, dsn: str, presence: Presence) -> None:
        self._database = database
        self._dsn = dsn
        self._presence = presence
        self._own = secrets.token_hex(8)
        #: Set while what others tell is heard.
        self.open = asyncio.Event()

    async def tell(self, case_id: str, *, subject: str, name: str, name_en: str, doing: str) -> None:
        """Somebody is at a case: known here at once, and to the other gateways a moment later."""
        self._presence.tell(case_id, subject=subject, name=name, name_en=name_en, doing=doing)
        area_path, department_code = self._presence.place_of(case_id)
        told = {
            "from": self._own,
            "case_id": case_id,
            "area_path": area_path,
            "department_code": department_code,
            "subject": subject,
            "name": name,
            "name_en": name_en,
            "doing": doing,
        }
        try:
            async with self._database.connection() as connection:
                await connection.execute(queries.tell_presence, {"channel": CHANNEL, "told": json.dumps(told)})
        except GridwardError as error:
            log.info("presence_kept_to_itself", error=str(error))

    async def run(self) -> None:
        """Listen until cancelled; after a break again."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                log.warning("presence_line_broken", error=str(error)[:200])
            self.open.clear()
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._dsn, autocommit=True, application_name="gridward-gateway-presence"
        ) as connection:
            await connection.execute(queries.listen_for_presence)
            self.open.set()
            while True:
                async for note in connection.notifies(timeout=SILENCE_S):
                    self._hear(note.payload)
                await connection.execute(queries.still_there)

    def _hear(self, payload: str) -> None:
        told = json.loads(payload)
        if told["from"] == self._own:
            return
        self._presence.place(told["case_id"], area_path=told["area_path"], department_code=told["department_code"])
        self._presence.tell(
            told["case_id"], subject=told["subject"], name=told["name"], name_en=told["name_en"], doing=told["doing"]
        )
