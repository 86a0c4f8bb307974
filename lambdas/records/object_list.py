"""The list of a collection's objects, which a fill reads as an import reads a file. Pure.

Each line is an id as a JSON string. The failed records of a fill, which a retry reads, are lines of an error file.
"""

from collections.abc import Iterable, Iterator

import orjson

from lambdas.errors import AltoError, InvalidObjectError
from lambdas.jobs.chunk import Chunk
from lambdas.objects.model import ObjectInput
from lambdas.records.byte_lines import ReadRange
from lambdas.records.json_lines import Line, read_lines
from lambdas.records.read_records import ImportRecord


def list_lines(ids: Iterable[str]) -> bytes:
    """Return the lines of these ids."""
    return b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in ids)


def read_object_list(chunk: Chunk, read: ReadRange) -> Iterator[ImportRecord]:
    """Yield a record for each object that is listed in the chunk. It has an id, and no properties."""
    return map(_record, read_lines(chunk, read))


def _record(line: Line) -> ImportRecord:
    text = line.data.decode(errors="replace")
    item: ObjectInput | AltoError
    try:
        found = orjson.loads(line.data)
        object_id = str(found["id"] if isinstance(found, dict) else found)
        item = ObjectInput(object_id, {}, {})
    except (orjson.JSONDecodeError, KeyError):
        object_id, item = "", InvalidObjectError("The line is not from a list of objects.")
    return ImportRecord(
        line.start, len(line.data), text, object_id, item, line=line.number, line_in_chunk=line.in_chunk
    )
