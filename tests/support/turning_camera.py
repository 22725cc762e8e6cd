"""A camera for tests that turns: speaks ONVIF, and WVP for one behind a media server, and shows where it looks now.

`/snapshot.jpg` is the view of the preset it stands at; while it turns, the view is a blur of grey.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

USER, PASSWORD = "patrol", "s3cret"
SOAP = '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>{}</e:Body></e:Envelope>'
NAMESPACES = 'xmlns:p="http://www.onvif.org/ver20/ptz/wsdl" xmlns:t="http://www.onvif.org/ver10/schema"'
BOMB = '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaa">]><b>&a;</b>'


@dataclass
class TurningCamera:
    """Views by preset; `asked` is what it was asked to do."""

    views: dict[str, bytes]
    tokens: dict[str, str]
    at: str = ""
    turning_polls: int = 0
    bomb: bool = False
    asked: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    port: int = 0

    def control(self, kind: str = "onvif", *, password: str = PASSWORD) -> str:
        if kind == "wvp":
            return f"wvp+http://:{password}@127.0.0.1:{self.port}/?device=34020000001320000001&channel=34020000001320000002"
        return f"onvif+http://{USER}:{password}@127.0.0.1:{self.port}/onvif/ptz_service?profile=Main"

    @property
    def picture(self) -> str:
        return f"http://127.0.0.1:{self.port}/snapshot.jpg"

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError), contextlib.closing(writer):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"(?i)content-length: (\d+)", head)
            body = (await reader.readexactly(int(length[1]))).decode() if length else ""
            status, kind, content = self._answer(head.split(" ")[1], head, body)
            lines = f"HTTP/1.1 {status} Told\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
            writer.write(lines.encode() + content)
            await writer.drain()

    def _answer(self, path: str, head: str, body: str) -> tuple[int, str, bytes]:
        if path == "/snapshot.jpg":
            self.shown.append(self.at)
            return 200, "image/jpeg", self.views[self.at]
        if path.startswith("/onvif/"):
            if not proven(body):
                return 401, "text/plain", b""
            return 200, "application/soap+xml", (BOMB if self.bomb else SOAP.format(self._onvif(body))).encode()
        if f"api-key: {PASSWORD}" not in head:
            return 401, "text/plain", b""
        return 200, "application/json", self._wvp(path)

    def _onvif(self, body: str) -> str:
        assert "<ProfileToken>Main</ProfileToken>" in body
        if "<GetPresets" in body:
            self.asked.append("presets")
            told = "".join(f'<p:Preset token="{t}"><t:Name>{n}</t:Name></p:Preset>' for n, t in self.tokens.items())
            return f"<p:GetPresetsResponse {NAMESPACES}>{told}</p:GetPresetsResponse>"
        if "<GotoPreset" in body:
            self._go(re.findall(r"<PresetToken>(.*?)</PresetToken>", body)[0])
            return f"<p:GotoPresetResponse {NAMESPACES}/>"
        state = "MOVING" if self.turning_polls > 0 else "IDLE"
        self.turning_polls -= 1
        position = '<t:Position><t:PanTilt x="0" y="0"/></t:Position>'
        moves = f"<t:MoveStatus><t:PanTilt>{state}</t:PanTilt></t:MoveStatus>"
        return f"<p:GetStatusResponse {NAMESPACES}><p:PTZStatus>{position}{moves}</p:PTZStatus></p:GetStatusResponse>"

    def _wvp(self, path: str) -> bytes:
        assert "/34020000001320000001/34020000001320000002" in path
        if "/preset/query/" in path:
            self.asked.append("presets")
            told = [{"presetId": token, "presetName": name} for name, token in self.tokens.items()]
            return json.dumps({"code": 0, "data": told}).encode()
        self._go(path.partition("presetId=")[2])
        return b""

    def _go(self, token: str) -> None:
        name = next(name for name, known in self.tokens.items() if known == token)
        self.asked.append(name)
        self.at, self.turning_polls = name, 2


def proven(body: str) -> bool:
    """Whether the digest of a user name token shows that the password is known."""
    told = dict(re.findall(r"<\w:(Username|Password|Nonce|Created)\b[^>]*>([^<]*)<", body))
    if told.get("Username") != USER:
        return False
    made = base64.b64decode(told["Nonce"]) + told["Created"].encode() + PASSWORD.encode()
    return told["Password"] == base64.b64encode(hashlib.sha1(made).digest()).decode()


@contextlib.asynccontextmanager
async def turning_camera(views: dict[str, bytes]) -> AsyncIterator[TurningCamera]:
    """A camera with a preset for each view, at the first of them."""
    tokens = {name: str(number + 1) for number, name in enumerate(views)}
    camera = TurningCamera(views=views, tokens=tokens, at=next(iter(views)))
    server = await asyncio.start_server(camera.attend, "127.0.0.1", 0)
    camera.port = server.sockets[0].getsockname()[1]
    try:
        yield camera
    finally:
        server.close()
