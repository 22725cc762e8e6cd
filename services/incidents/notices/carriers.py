"""Hands messages to whoever carries them: a provider of text messages, a folder that plays one, or a webhook."""

import asyncio
import hmac
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

import httpx

SIGNATURE_HEADER: Final = "Gridward-Signature"
KEY_HEADER: Final = "Idempotency-Key"
TIMEOUT_S: Final = 5.0
#: A number that ends so is never reached; for trying out what happens then.
UNREACHABLE_END: Final = "0000"


class CarrierFailed(Exception):
    """The message was not taken; it may be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a message."""

    provider_id: str
    delivered: bool
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A text message that came in."""

    message_id: str
    phone: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What the carrier brings: receipts and messages; `names` says which files they were."""

    receipts: tuple[Receipt, ...] = ()
    incoming: tuple[Incoming, ...] = ()
    names: tuple[str, ...] = ()


class SmsCarrier(Protocol):
    """Whoever carries text messages both ways."""

    async def send(self, *, id: str, phone: str, text: str, at: datetime) -> str:
        """Hand a message over, at most once for each id; the carrier's id. Fails with CarrierFailed."""
        ...

    async def collect(self) -> Post:
        """What came since; the same again until `clear` is told."""
        ...

    async def clear(self, names: Sequence[str]) -> None:
        """These were taken in."""
        ...


class FolderCarrier:
    """Plays a carrier on one machine: messages become files in `outbox`, files in `inbox` become messages.

    A message whose file exists was sent before, so a crash between sending and noting it doubles nothing. Receipts
    appear by themselves.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("outbox", "inbox", "receipts", "done"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    async def send(self, *, id: str, phone: str, text: str, at: datetime) -> str:
        await asyncio.to_thread(self._send, id, phone, text)
        return id

    async def collect(self) -> Post:
        return await asyncio.to_thread(self._collect)

    async def clear(self, names: Sequence[str]) -> None:
        await asyncio.to_thread(self._clear, names)

    def _send(self, id: str, phone: str, text: str) -> None:
        try:
            if _write_once(self._folder / "outbox" / f"{id}.json", {"id": id, "to": phone, "text": text}):
                delivered = not phone.endswith(UNREACHABLE_END)
                receipt = {"id": id, "delivered": delivered, "problem": "" if delivered else "unreachable"}
                _write_once(self._folder / "receipts" / f"{id}.json", receipt)
        except OSError as error:
            raise CarrierFailed(str(error)) from error

    def _collect(self) -> Post:
        receipts: list[Receipt] = []
        incoming: list[Incoming] = []
        names: list[str] = []
        for path in sorted((self._folder / "receipts").glob("*.json")):
            told = json.loads(path.read_text())
            receipts.append(Receipt(provider_id=told["id"], delivered=told["delivered"], problem=told["problem"]))
            names.append(f"receipts/{path.name}")
        for path in sorted((self._folder / "inbox").glob("*.json")):
            names.append(f"inbox/{path.name}")
            try:
                told = json.loads(path.read_text())
                incoming.append(Incoming(message_id=path.stem, phone=str(told["from"]), text=str(told["text"])))
            except (ValueError, KeyError, TypeError):
                continue  # whatever it is, it is no message; it goes to `done` with the others
        return Post(receipts=tuple(receipts), incoming=tuple(incoming), names=tuple(names))

    def _clear(self, names: Sequence[str]) -> None:
        for name in names:
            path = self._folder / name
            if path.exists():
                path.replace(self._folder / "done" / name.replace("/", "-"))


class BridgeCarrier:
    """Hands messages to a bridge in front of a provider, by signed POST; receipts and messages come back by call."""

    def __init__(self, url: str, secret: str, client: httpx.AsyncClient) -> None:
        self._url = url
        self._secret = secret
        self._client = client

    async def send(self, *, id: str, phone: str, text: str, at: datetime) -> str:
        body = json.dumps({"id": id, "to": phone, "text": text}, ensure_ascii=False)
        await post_signed(self._client, self._url, secret=self._secret, key=id, body=body, at=at)
        return id

    async def collect(self) -> Post:
        return Post()

    async def clear(self, names: Sequence[str]) -> None:
        return


def signature(secret: str, *, at_s: int, body: str) -> str:
    """The header by which a receiver knows that a message is ours, unaltered, and when it was signed."""
    mac = hmac.new(secret.encode(), f"{at_s}.{body}".encode(), sha256).hexdigest()
    return f"t={at_s},v1={mac}"


async def post_signed(client: httpx.AsyncClient, url: str, *, secret: str, key: str, body: str, at: datetime) -> None:
    """Post a signed body; fails with CarrierFailed unless it was taken."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        SIGNATURE_HEADER: signature(secret, at_s=int(at.timestamp()), body=body),
        KEY_HEADER: key,
    }
    try:
        answer = await client.post(url, content=body.encode(), headers=headers, timeout=TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CarrierFailed(type(error).__name__) from error
    if not answer.is_success:
        raise CarrierFailed(f"HTTP {answer.status_code}")


def _write_once(path: Path, content: object) -> bool:
    """Write a file that was not there; whole, or not at all."""
    if path.exists():
        return False
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(json.dumps(content, ensure_ascii=False))
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
