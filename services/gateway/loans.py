"""Lends the pictures in an answer to whoever the answer goes to: who may read a case may read its evidence, nobody else."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import errands_pb2

from services.gateway.seals import PUBLIC, Seals
from services.platform.identity import Caller

#: Whoever reads cases of others does so in an office, and sees what happened as it was.
OFFICE: Final = "incidents.read"
#: Passers-by did not ask to be in a camera's picture: whole for those alone who need to know who it was.
ORIGINALS: Final = "video.evidence.original"
#: Where the video service keeps pictures without faces and plates.
BLURRED: Final = "blurred/"
_PICTURES: Final = {place_pb2.Evidence.DESCRIPTOR.full_name, errands_pb2.Consent.DESCRIPTOR.full_name}


def lend(answer: Message, seals: Seals, caller: Caller, *, now: datetime) -> None:
    """Write beside each picture of an answer what its reader needs to see it; without an office, its public form."""
    for picture in _pictures_in(answer):
        if picture.object_key:
            form = _form_of(picture, caller)
            picture.lent = seals.lend_to(caller.subject, picture.object_key, now=now, form=form)


def _form_of(picture: place_pb2.Evidence | errands_pb2.Consent, caller: Caller) -> str:
    if isinstance(picture, errands_pb2.Consent):
        return ""  # what was signed is read, by those who act on it alone
    if picture.object_key.startswith(BLURRED):
        return ""  # the video service gave it so
    return form_for(caller, of_camera=bool(picture.camera_id))


def form_for(caller: Caller, *, of_camera: bool = False) -> str:
    """In which form somebody sees pictures of cases; those that cameras took need a right of their own to be seen whole."""
    whole = caller.scope(OFFICE).area_paths and (not of_camera or caller.permits(ORIGINALS))
    return "" if whole else PUBLIC


def consent_in(request: Message) -> str:
    """The picture somebody brings of what another signed; it is lent to others, so it must be theirs to give."""
    if isinstance(request, errands_pb2.OpenErrandRequest | errands_pb2.AdvanceErrandRequest):
        return request.consent.object_key
    return ""


def _pictures_in(message: Message) -> Iterator[place_pb2.Evidence | errands_pb2.Consent]:
    if isinstance(message, place_pb2.Evidence | errands_pb2.Consent):
        yield message
        return
    for field in _ways(message.DESCRIPTOR):
        value: Any = getattr(message, field.name)
        if field.is_repeated:
            for each in value:
                yield from _pictures_in(each)
        elif message.HasField(field.name):
            yield from _pictures_in(value)


@cache
def _ways(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    """The fields of a message that may lead to pictures; most messages have none."""
    return tuple(
        field
        for field in descriptor.fields
        if field.message_type is not None
        and not field.message_type.GetOptions().map_entry
        and _leads(field.message_type, frozenset({descriptor.full_name}))
    )


def _leads(descriptor: Descriptor, seen: frozenset[str]) -> bool:
    if descriptor.full_name in _PICTURES:
        return True
    if descriptor.full_name in seen:
        return False
    inner = (field.message_type for field in descriptor.fields if field.message_type is not None)
    return any(_leads(each, seen | {descriptor.full_name}) for each in inner)
