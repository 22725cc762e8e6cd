"""Lends pictures by addresses that cannot be guessed: to somebody without an account for an hour, to who is signed in for half a day."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

LENT_FOR: Final = timedelta(hours=1)
#: Who is signed in gets the same address for six hours, so that pages keep what they fetched, and it holds for six more.
STEADY_S: Final = 6 * 3600
LENGTH: Final = 32
#: How a picture is lent to people without an office: with faces and number plates hidden.
PUBLIC: Final = "public"


@dataclass(frozen=True, slots=True)
class Seals:
    """Makes and checks such addresses."""

    pepper: bytes

    def lend(self, key: str, *, now: datetime, form: str = "") -> str:
        """What is added to the picture's address; whoever has it may look."""
        return self._lent(key, int((now + LENT_FOR).timestamp()), "", form)

    def lend_to(self, subject: str, key: str, *, now: datetime, form: str = "") -> str:
        """The same for one person, who must be signed in to use it."""
        return self._lent(key, (int(now.timestamp()) // STEADY_S + 2) * STEADY_S, subject, form)

    def holds(self, key: str, *, until: str, seal: str, now: datetime, subject: str = "", form: str = "") -> bool:
        """Whether a picture was lent, to this person or to anybody, and still is."""
        if not until.isdecimal() or len(until) > 12 or int(until) < now.timestamp():
            return False
        return hmac.compare_digest(seal.encode(), self._seal(key, int(until), subject, form).encode())

    def _lent(self, key: str, until_s: int, subject: str, form: str) -> str:
        sealed = f"until={until_s}&seal={self._seal(key, until_s, subject, form)}"
        return f"{sealed}&form={form}" if form else sealed

    def _seal(self, key: str, until_s: int, subject: str, form: str) -> str:
        sealed = f"picture\0{key}\0{until_s}\0{subject}\0{form}"
        return hmac.digest(self.pepper, sealed.encode(), sha256).hex()[:LENGTH]
