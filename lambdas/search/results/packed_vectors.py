"""Vectors of candidates, packed by OpenSearch as base64. Pure.

OpenSearch has no columns of vectors, and writing the numbers of `_source` as text takes most of the time of a search
that compares a hundred vectors. A script packs them instead. See docs/decisions/0089.
"""

import struct
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

# One script for all fields: OpenSearch compiles it once. Each number is a float of 32 bits, the lowest byte first.
PACK = """
def field = doc[params.field];
if (field.size() == 0) { return null; }
def vector = field.value;
byte[] packed = new byte[4 * vector.length];
for (int i = 0; i < vector.length; i++) {
  int bits = Float.floatToRawIntBits(vector[i]);
  packed[4 * i] = (byte) bits;
  packed[4 * i + 1] = (byte) (bits >> 8);
  packed[4 * i + 2] = (byte) (bits >> 16);
  packed[4 * i + 3] = (byte) (bits >> 24);
}
return Base64.getEncoder().encodeToString(packed);
"""


def build_packed_fields(names: Sequence[str]) -> dict[str, Any]:
    """Return the `script_fields` with which a search packs these vectors of its hits."""
    fields = (f"vectors.{name}" for name in names)
    return {field: {"script": {"source": PACK, "params": {"field": field}}} for field in fields}


def unpack_vector(packed: str) -> tuple[float, ...]:
    """Return the numbers of a packed vector."""
    content = b64decode(packed)
    return struct.unpack(f"<{len(content) // 4}f", content)
