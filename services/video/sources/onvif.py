"""Speaks ONVIF (PTZ service, WS-Security user name tokens) to a camera that turns."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from services.video.domain.errors import Problem, VisitFailed
from services.video.sources.allowed import LiveSource
from services.video.sources.asking import ask

LOOK_EVERY_S: Final = 0.25
#: After it says that it stands, until the picture is sharp again.
SHARP_AFTER_S: Final = 0.8
#: A camera that does not tell when it stands is given this long.
TURNS_WITHIN_S: Final = 4.0
PTZ: Final = "http://www.onvif.org/ver20/ptz/wsdl"
_SCHEMA: Final = "{http://www.onvif.org/ver10/schema}"
_PTZ: Final = f"{{{PTZ}}}"
_SECURITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_UTILITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"


class Onvif:
    """One camera. All fail with VisitFailed."""

    def __init__(self, source: LiveSource, settings: Mapping[str, str], *, verify: bool) -> None:
        self._source, self._verify = source, verify
        self._profile = f"<ProfileToken>{escape(settings.get('profile', ''))}</ProfileToken>"

    async def presets(self) -> Mapping[str, str]:
        """Tokens of presets by their names, and by themselves where they have none."""
        answer = await self._ask(f'<GetPresets xmlns="{PTZ}">{self._profile}</GetPresets>')
        found: dict[str, str] = {}
        for preset in answer.iter(f"{_PTZ}Preset"):
            token = preset.get("token", "")
            found[preset.findtext(f"{_SCHEMA}Name", "") or token] = token
        return found

    async def go(self, token: str) -> None:
        """Turn, and wait until it says that it stands."""
        place = f"{self._profile}<PresetToken>{escape(token)}</PresetToken>"
        await self._ask(f'<GotoPreset xmlns="{PTZ}">{place}</GotoPreset>')
        loop = asyncio.get_running_loop()
        until_s = loop.time() + TURNS_WITHIN_S
        moves = True
        while moves and loop.time() < until_s:
            await asyncio.sleep(LOOK_EVERY_S)  # first too: some say that they stand until they have begun to turn
            moves = await self._moves()
        await asyncio.sleep(SHARP_AFTER_S)

    async def _moves(self) -> bool:
        """Whether it is still on its way, also where it does not say."""
        answer = await self._ask(f'<GetStatus xmlns="{PTZ}">{self._profile}</GetStatus>')
        told = [
            element.text for name in ("PanTilt", "Zoom") for element in answer.iter(f"{_SCHEMA}{name}") if element.text
        ]
        return not told or any(state != "IDLE" for state in told)

    async def _ask(self, question: str) -> ET.Element:
        soap = "http://www.w3.org/2003/05/soap-envelope"
        envelope = (
            f'<s:Envelope xmlns:s="{soap}"><s:Header>{self._proof()}</s:Header><s:Body>{question}</s:Body></s:Envelope>'
        )
        content = await ask(
            self._source,
            self._source.rest.partition("?")[0],
            verify=self._verify,
            lines={"Content-Type": "application/soap+xml; charset=utf-8"},
            body=envelope.encode(),
        )
        return read(content)

    def _proof(self) -> str:
        """The password is not sent, but what only somebody who knows it can compute."""
        if not self._source.user:
            return ""
        nonce, made = secrets.token_bytes(16), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        # SHA-1 is what the standard says.
        digest = hashlib.sha1(nonce + made.encode() + self._source.password.encode(), usedforsecurity=False).digest()
        told = base64.b64encode(nonce).decode(), base64.b64encode(digest).decode()
        return (
            f'<w:Security xmlns:w="{_SECURITY}" xmlns:u="{_UTILITY}"><w:UsernameToken>'
            f"<w:Username>{escape(self._source.user)}</w:Username>"
            f'<w:Password Type="{_DIGEST}">{told[1]}</w:Password><w:Nonce>{told[0]}</w:Nonce>'
            f"<u:Created>{made}</u:Created></w:UsernameToken></w:Security>"
        )


def read(content: bytes) -> ET.Element:
    """A device's answer; one that could define entities of its own is not read. Fails with VisitFailed."""
    if b"<!" in content or b"\0" in content:
        raise VisitFailed(Problem.PROTOCOL)
    try:
        return ET.fromstring(content)  # noqa: S314 without a document type nothing can be blown up
    except ET.ParseError:
        raise VisitFailed(Problem.PROTOCOL) from None
