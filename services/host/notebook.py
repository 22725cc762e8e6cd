"""Gives a department its notebook, on the host's desk."""

from collections.abc import Callable
from typing import Any, Final

from eventlet import tpool

from plugins import sdk
from services.host.desk import Desk, NotebookFull
from services.host.drawers import DESK_AWAY

KEY_LENGTH_MAX: Final = 200
VALUE_LENGTH_MAX: Final = 1_000_000


class DeskNotebook:
    """See plugins.sdk.Memory; `count` is told of each change."""

    def __init__(self, desk: Desk, plugin: str, count: Callable[[], None]) -> None:
        self._desk = desk
        self._plugin = plugin
        self._count = count

    def get(self, key: str) -> str:
        """What was noted."""
        value: str = _at_the_desk(self._desk.note, self._plugin, key)
        return value

    def put(self, key: str, value: str) -> None:
        """Note something; fails with Refused (NOTEBOOK_FULL)."""
        self._count()
        if len(key) > KEY_LENGTH_MAX or len(value) > VALUE_LENGTH_MAX:
            raise sdk.Refused(reason="NOTE_TOO_LONG", message=f"{key[:KEY_LENGTH_MAX]} is too long to note")
        try:
            _at_the_desk(self._desk.put_note, self._plugin, key, value)
        except NotebookFull as full:
            raise sdk.Refused(reason="NOTEBOOK_FULL", message=str(full)) from full

    def forget(self, key: str) -> None:
        """Strike it out."""
        self._count()
        _at_the_desk(self._desk.drop_note, self._plugin, key)

    def keys(self, prefix: str) -> tuple[str, ...]:
        """The keys that begin so."""
        found: tuple[str, ...] = _at_the_desk(self._desk.note_keys, self._plugin, prefix)
        return found


def _at_the_desk(deed: Callable[..., Any], *told: str) -> Any:
    """On a real thread; a desk that is away is waited for, and is no fault of the hook."""
    try:
        return tpool.execute(deed, *told)
    except DESK_AWAY as error:
        raise sdk.Away("desk") from error
