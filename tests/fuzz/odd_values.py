"""Values that programs stumble over, and values that look right, for every kind of field of the contract."""

from __future__ import annotations

import math
import random
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

WORDS: Final = (
    "", " ", "\0", "a\0b", "..", "x" * 5000, "\u202eabc", "\ufeff", "😀" * 40, "e\u0301", "%s%n", "'; DROP TABLE x; --",
    "<script>alert(1)</script>", "=1+1", "../../etc/passwd", "*", "%", "_", "a.b.c", "-", "NaN", "null", "{}", "[]",
    "\n\r\t", "０１２", "ａ", "\\", '"', "x'y", "😀.😀", "9999999999999999999999", "-1", "1e400", "true",
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "not-a-uuid",
)  # fmt: skip
WHOLE: Final = (0, 1, -1, 2, 100, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**32 - 1, 2**64 - 1, 10**6)
BROKEN: Final = (0.0, -0.0, 1e308, -1e308, 5e-324, 181.0, 91.0, float("inf"), float("-inf"), float("nan"))
#: Seconds since 1970: the ends of what the contract can say and of what a calendar knows, and times near now.
MOMENTS: Final = (-62135596800, 253402300799, 0, 1, -1, 1772416800, 1795000000, 32503680000, -2208988800)
BYTES: Final = (
    b"",
    b"\0",
    b"\xff" * 40,
    b"\x89PNG\r\n\x1a\n",
    b"PK\x03\x04",
    b"{" * 100,
    b"GIF89a\xff\xff\xff\xff",
    b"%PDF-",
)
BITS: Final = {
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_SINT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_SFIXED32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_FIXED32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_SINT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_SFIXED64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.TYPE_FIXED64: (0, 2**64 - 1),
}


def odd(field: FieldDescriptor, rng: random.Random) -> Any:
    """Something a careful program refuses, or at least survives."""
    if field.type == FieldDescriptor.TYPE_STRING:
        return rng.choice(WORDS)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return rng.choice(BYTES)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return rng.random() < 0.5
    if field.type in {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}:
        value = rng.choice(BROKEN)
        return value if field.type == FieldDescriptor.TYPE_DOUBLE or abs(value) < 1e38 or math.isnan(value) else 1e30
    if field.type == FieldDescriptor.TYPE_ENUM:
        return rng.choice((0, 1, 7, 99, 2**31 - 1, -1))
    least, most = BITS[field.type]
    return max(least, min(most, rng.choice(WHOLE)))
