"""Has a GB/T 28181 media server of the WVP kind send a camera to its preset; the server speaks SIP to the camera."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from services.video.domain.errors import Problem, VisitFailed
from services.video.sources.allowed import LiveSource
from services.video.sources.asking import ask

#: GB/T 28181 has no word for having arrived.
TURNS_WITHIN_S: Final = 4.0


class MediaServer:
    """One camera behind its server. All fail with VisitFailed."""

    def __init__(self, source: LiveSource, settings: Mapping[str, str], *, verify: bool) -> None:
        self._source, self._verify = source, verify
        self._camera = "/".join(quote(settings.get(name, ""), safe="") for name in ("device", "channel"))

    async def presets(self) -> Mapping[str, str]:
        """Numbers of presets by their names, and by themselves."""
        found: dict[str, str] = {}
        for preset in await self._ask(f"query/{self._camera}") or ():
            number = str(preset.get("presetId", ""))
            found[number] = number
            found[str(preset.get("presetName") or number)] = number
        return found

    async def go(self, token: str) -> None:
        """Turn, and give it time."""
        await self._ask(f"call/{self._camera}?presetId={quote(token, safe='')}")
        await asyncio.sleep(TURNS_WITHIN_S)

    async def _ask(self, what: str) -> Any:
        base = self._source.rest.partition("?")[0].rstrip("/")
        key = {"api-key": self._source.password} if self._source.password else {}
        content = await ask(self._source, f"{base}/api/front-end/preset/{what}", verify=self._verify, lines=key)
        if not content.strip():
            return None  # done, and nothing to tell
        try:
            answer = json.loads(content)
            if answer["code"] != 0:
                raise VisitFailed(Problem.NOT_TURNED)
            return answer.get("data")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise VisitFailed(Problem.PROTOCOL) from None
