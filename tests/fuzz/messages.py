"""Makes requests for any call of the contract: right in form by the rules in the contract, with something odd in them."""

from __future__ import annotations

import random
import re
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from buf.validate import validate_pb2
from google.protobuf import message_factory, timestamp_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from tests.fuzz.odd_values import BITS, BYTES, MOMENTS, odd

DEPTH_MAX = 5
TIMESTAMP = timestamp_pb2.Timestamp.DESCRIPTOR.full_name
#: Words to try where a rule wants a form; what the city itself uses is tried first.
PLAUSIBLE = (
    "exposed_garbage", "D01", "2026-03", "2026-03-02", "13812345678", "08:00", "abc", "A1", "staff:duty", "zh", "en",
    "image/jpeg", "https://city.example/hook", "rtsp://camera.example/1", "cases/2026/a.jpg", "0123456789abcdef",
    "0" * 64, "water", "CAM001", "1",
)  # fmt: skip


class Known:
    """What the city has answered so far, by the names of fields, so that requests can speak of things that exist."""

    def __init__(self) -> None:
        self._values: dict[str, dict[Any, None]] = defaultdict(dict)

    def learn(self, message: Message, *, depth: int = 0) -> None:
        """Remember every name and number in an answer."""
        if depth > DEPTH_MAX:
            return
        owner = message.DESCRIPTOR.name.lower()
        for field, value in message.ListFields():
            for each in (
                list(value)[:5] if field.is_repeated and not _is_map(field) else [] if field.is_repeated else [value]
            ):
                if isinstance(each, Message):
                    self.learn(each, depth=depth + 1)
                elif isinstance(each, str) and 0 < len(each) < 200:
                    self._keep(field.name, each)
                    if field.name in {"id", "code", "name", "path", "version"}:
                        self._keep(f"{owner}_{field.name}", each)

    def _keep(self, name: str, value: Any) -> None:
        kept = self._values[name]
        if len(kept) < 30:
            kept[value] = None

    def about(self, name: str) -> list[Any]:
        """What is known under a name, or under the end of it."""
        found = list(self._values.get(name, ()))
        if not found and name.endswith(("_id", "_code")):
            found = list(self._values.get(name.rpartition("_")[2], ()))
        if not found and name.endswith(("_ids", "_codes")):
            return self.about(name[:-1])
        return found


class Maker:
    """Makes requests; the same seed and the same city give the same ones."""

    def __init__(self, rng: random.Random, known: Known) -> None:
        self._rng = rng
        self._known = known

    def request(self, descriptor: Descriptor) -> Message:
        """A request that is right but for at most a few fields."""
        message = message_factory.GetMessageClass(descriptor)()
        self._fill(message, depth=0)
        places = list(_places(message))
        for _ in range(self._rng.choice((0, 1, 1, 1, 2, 3))):
            if places:
                inside, field = self._rng.choice(places)
                _put(inside, field, odd(field, self._rng))
        return message

    def noise(self, descriptor: Descriptor) -> bytes:
        """Bytes of a request with some turned over, cut off or put in."""
        content = bytearray(self.request(descriptor).SerializeToString() + self._rng.randbytes(self._rng.randrange(9)))
        for _ in range(self._rng.randrange(1, 6)):
            if content:
                content[self._rng.randrange(len(content))] = self._rng.randrange(256)
        return bytes(content[: self._rng.randrange(len(content) + 1)])

    def _fill(self, message: Message, *, depth: int) -> None:
        if message.DESCRIPTOR.full_name == TIMESTAMP:
            message.seconds = self._rng.choice(MOMENTS)  # type: ignore[attr-defined]
            return
        chosen = {oneof.name: self._rng.choice(oneof.fields) for oneof in message.DESCRIPTOR.oneofs}
        for field in message.DESCRIPTOR.fields:
            oneof = field.containing_oneof
            if oneof is not None and chosen[oneof.name] is not field:
                continue
            rules = field.GetOptions().Extensions[validate_pb2.field]
            if not rules.required and self._rng.random() < 0.35 + 0.1 * depth:
                continue
            if _is_map(field):
                continue
            if field.is_repeated:
                for _ in range(max(rules.repeated.min_items, self._rng.choice((0, 1, 1, 2)))):
                    self._add(message, field, rules.repeated.items, depth=depth)
            elif field.message_type is not None:
                if depth < DEPTH_MAX:
                    inner = getattr(message, field.name)
                    inner.SetInParent()
                    self._fill(inner, depth=depth + 1)
            else:
                _put(message, field, self._plausible(field, rules))

    def _add(self, message: Message, field: FieldDescriptor, rules: Any, *, depth: int) -> None:
        into = getattr(message, field.name)
        if field.message_type is None:
            into.append(self._plausible(field, rules))
        elif depth < DEPTH_MAX:
            self._fill(into.add(), depth=depth + 1)

    def _plausible(self, field: FieldDescriptor, rules: Any) -> Any:
        if field.type == FieldDescriptor.TYPE_STRING:
            return self._word(field.name, rules.string)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return self._rng.choice(BYTES)
        if field.type == FieldDescriptor.TYPE_BOOL:
            return self._rng.random() < 0.5
        if field.type == FieldDescriptor.TYPE_ENUM:
            return self._rng.choice([value.number for value in field.enum_type.values])
        least, most = _bounds(getattr(rules, str(rules.WhichOneof("type")), None) if rules.WhichOneof("type") else None)
        if field.type in {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}:
            return self._rng.uniform(least, most)
        floor, ceiling = BITS[field.type]
        return self._rng.randint(max(floor, round(least)), min(ceiling, round(most)))

    def _word(self, name: str, rules: Any) -> str:
        if name == "request_id":
            return f"{self._rng.getrandbits(128):032x}"
        known = self._known.about(name)
        if known and self._rng.random() < 0.85:
            return str(self._rng.choice(known))
        if rules.uuid:
            return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        words = [word for word in PLAUSIBLE if not rules.pattern or re.search(rules.pattern, word)]
        word = self._rng.choice(words or PLAUSIBLE)
        word = word.ljust(rules.min_len, "a")
        return word[: rules.max_len] if rules.max_len else word


def _bounds(rules: Any) -> tuple[float, float]:
    """The least and the most that a rule for numbers allows, or a modest span."""
    least, most = 0.0, 50.0
    if rules is not None and hasattr(rules, "gte"):
        least = rules.gte if rules.HasField("gte") else rules.gt if rules.HasField("gt") else least
        most = rules.lte if rules.HasField("lte") else rules.lt if rules.HasField("lt") else max(most, least)
    return least, most


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def _places(message: Message) -> Iterator[tuple[Message, FieldDescriptor]]:
    """Every plain field within a message, set or not."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type is None:
            yield message, field
    for field, value in message.ListFields():
        if field.message_type is None or _is_map(field):
            continue
        for each in value if field.is_repeated else [value]:
            yield from _places(each)


def _put(message: Message, field: FieldDescriptor, value: Any) -> None:
    if field.is_repeated:
        getattr(message, field.name).append(value)
    else:
        setattr(message, field.name, value)
