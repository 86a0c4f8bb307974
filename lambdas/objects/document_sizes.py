"""How large documents are, before any of them is read. Pure.

OpenSearch collects all documents of a response in its memory, and Alto in that of its function: a thousand objects of a
megabyte end either. So a search of more than `FEW_OBJECTS` first asks for the places of its hits and the characters
of what is wanted of each. OpenSearch reads one document after the other for that, and keeps none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lambdas.collections.model import CollectionConfig
from lambdas.response_size import FEW_OBJECTS

# Documents that are measured first. If they are small, all others are measured by one request.
MEASURED_FIRST = 100
SMALL_CHARACTERS = 50_000
# Of what a page reads at once, where its bytes are counted afterwards.
PAGE_CHARACTERS = 6_000_000
NAME = "characters"
# Constant, so that OpenSearch compiles it once. A value as Java writes it is a little shorter than its JSON.
SOURCE = (
    "def found = params._source.properties; if (found == null) { return 0; } "
    "if (params.names == null) { return found.toString().length(); } "
    "int total = 0; for (name in params.names) { def value = found[name]; "
    "if (value != null) { total += value.toString().length(); } } return total;"
)
# Types whose values have few characters.
SHORT_TYPES = frozenset({"int", "number", "boolean", "date", "uuid", "geo"})

type Body = Mapping[str, Any]


def list_large(collection: CollectionConfig, body: Body) -> list[str] | None:
    """Return the properties that a search reads whose values may be large; None for all properties."""
    included = body.get("_source")
    paths = included.get("includes", ()) if isinstance(included, Mapping) else ()
    if "properties" in paths:
        return None
    named = dict.fromkeys(path.split(".")[1] for path in paths if path.startswith("properties."))
    properties = {item.name: item for item in collection.properties}
    return [name for name in named if name not in properties or properties[name].type not in SHORT_TYPES]


def may_be_large(collection: CollectionConfig, body: Body) -> bool:
    """Whether a search reads properties whose values may be large."""
    names = list_large(collection, body)
    return names is None or bool(names)


def measure(collection: CollectionConfig, body: Body) -> dict[str, Any]:
    """Return the search that measures its documents instead of reading them."""
    script = {"lang": "painless", "source": SOURCE, "params": {"names": list_large(collection, body)}}
    return {**body, "_source": False, "script_fields": {NAME: {"script": script}}}


def characters_of(hits: Sequence[Body]) -> list[int]:
    """Return the characters of each hit of a search that measures."""
    return [int((hit.get("fields") or {}).get(NAME, [0])[0]) for hit in hits]


def count_fitting(hits: Sequence[Body], limit: int = PAGE_CHARACTERS) -> int:
    """Return how many hits, from the first on, have at most so many characters together; at least one."""
    total = 0
    for place, size in enumerate(characters_of(hits)):
        total += size
        if total > limit:
            return max(1, place)
    return len(hits)


def are_small(hits: Sequence[Body]) -> bool:
    """Whether documents that were measured are small on average. Of none, that is not known."""
    return bool(hits) and sum(characters_of(hits)) <= SMALL_CHARACTERS * len(hits)


def split_pages[Hit: Body](hits: Sequence[Hit], most: int) -> Iterator[Sequence[Hit]]:
    """Yield the hits of a search that measures in pages that can be read at once, of so many documents at most."""
    start = 0
    while start < len(hits):
        page = hits[start : start + most]
        page = page[: count_fitting(page)]
        yield page
        start += len(page)


def choose_size(ask: Callable[[dict[str, Any]], Any], collection: CollectionConfig, body: Body) -> int:
    """Return how many documents of a sorted page to read at once: its size, or fewer if they are large.

    `ask` sends a search. Documents are measured a hundred at a time while they are large.
    """
    size: int = body["size"]
    if size <= FEW_OBJECTS or not may_be_large(collection, body):
        return size
    found: list[Body] = []
    while len(found) < size:
        most = size - len(found) if are_small(found) else min(size - len(found), MEASURED_FIRST)
        after = {"search_after": found[-1].get("sort") or [found[-1]["_id"]]} if found else {}
        hits = ask(measure(collection, {**body, "size": most, "track_total_hits": False, **after}))["hits"]["hits"]
        found += hits
        fitting = count_fitting(found)
        if fitting < len(found):
            return fitting
        if len(hits) < most:
            break
    return size


def read_by_ids(body: Body, hits: Sequence[Body]) -> dict[str, Any]:
    """Return the search that reads the documents of hits that were measured."""
    ids = [hit["_id"] for hit in hits]
    more = {name: body[name] for name in ("_source", "seq_no_primary_term") if name in body}
    return {"query": {"ids": {"values": ids}}, "size": len(ids), "track_total_hits": False, **more}


def join_documents(hits: Sequence[Body], documents: Sequence[Body]) -> list[dict[str, Any]]:
    """Return the hits, in their order, with their documents. Those deleted in between are left out."""
    by_id = {each["_id"]: each for each in documents}
    joined = []
    for hit in hits:
        document = by_id.get(hit["_id"])
        if document is None:
            continue
        fields = {name: values for name, values in (hit.get("fields") or {}).items() if name != NAME}
        versions = {name: document[name] for name in ("_seq_no", "_primary_term") if name in document}
        rest = {name: value for name, value in hit.items() if name != "fields"} | ({"fields": fields} if fields else {})
        joined.append(rest | versions | {"_source": document.get("_source", {})})
    return joined
