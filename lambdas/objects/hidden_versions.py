"""Which versions of documents searches do not see: those that are being written, and those that are being removed.

A document is replaced by writing its new passages under a version that is hidden, and then hiding the old version
instead: one write of one small document of OpenSearch, which a reader sees before or after. Each reader gets the list
once, and puts it into all of its searches. A writer waits `SETTLE_SECONDS` after each change before passages appear or
go; a reader that took longer looks whether the list has changed meanwhile, and searches again if it has.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lambdas.backoff import backoff
from lambdas.collections.expiry import unexpired_only
from lambdas.collections.model import Collection
from lambdas.errors import SearchEngineUnavailableError
from lambdas.opensearch import DocumentMissingError, IndexExistsError, IndexMissingError, OpenSearch, WriteConflictError

# No collection's: their names begin with a letter.
INDEX = "alto-0-hidden-versions"
INDEX_BODY: dict[str, Any] = {
    "settings": {"index": {"number_of_shards": 1, "number_of_replicas": 0, "auto_expand_replicas": "0-1"}},
    "mappings": {"enabled": False},
}
FIELD = "properties.document_version.keyword"
SETTLE_SECONDS = 2.0
NEW = {"op_type": "create"}
SEARCH_ATTEMPTS = 3
CHANGE_SECONDS = 20.0
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0


def read_hidden(engine: OpenSearch, collection: Collection) -> dict[str, str]:
    """Return the versions that are hidden in a collection now, each with the name of its document."""
    return _read(engine, collection)[0]


def read_consistently[T](
    engine: OpenSearch,
    collection: Collection,
    read: Callable[[list[dict[str, Any]]], T],
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """Search a collection with the filters that leave out what no reader sees.

    That is objects that have expired, and versions that are hidden, so that no document appears in two versions. `read`
    gets the filters, and puts them into each of its searches.
    """
    unexpired = unexpired_only(collection.expiry)
    if collection.documents is None:
        return read(unexpired)
    hidden = sorted(read_hidden(engine, collection))
    for _ in range(SEARCH_ATTEMPTS):
        began = clock()
        result = read([*visible_only(hidden), *unexpired])
        if clock() - began < SETTLE_SECONDS / 2:
            break
        before, hidden = hidden, sorted(read_hidden(engine, collection))
        if before == hidden:
            break
    return result


def visible_only(hidden: list[str]) -> list[dict[str, Any]]:
    """Return the filters that leave out hidden versions: none, if none are hidden."""
    return [{"bool": {"must_not": [{"terms": {FIELD: hidden}}]}}] if hidden else []


def change_hidden(
    engine: OpenSearch,
    collection: Collection,
    *,
    hide: Mapping[str, str] | None = None,
    show: Iterable[str] = (),
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Hide versions, given with the names of their documents, and show others, at once.

    Repeating it changes nothing.

    Raises `SearchEngineUnavailableError` if others change the list all the time.
    """
    hide, show = hide or {}, set(show)
    ends = time.monotonic() + CHANGE_SECONDS
    pauses = backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, remaining=lambda: ends - time.monotonic())
    while True:
        hidden, condition = _read(engine, collection)
        wanted = {version: name for version, name in hidden.items() if version not in show} | dict(hide)
        if wanted == hidden:
            return
        if condition is None:
            _make_index(engine)
            condition = NEW
        try:
            engine.request("PUT", f"/{INDEX}/_doc/{collection.identity}", {"versions": wanted}, condition)
        except WriteConflictError:
            pause = next(pauses, None)
            if pause is None:
                raise SearchEngineUnavailableError("Too many documents of the collection change at once.") from None
            sleep(pause)
        else:
            return


def _read(engine: OpenSearch, collection: Collection) -> tuple[dict[str, str], dict[str, str] | None]:
    """The hidden versions, and the condition under which they are still the same; None if the index is missing."""
    try:
        found = engine.request("GET", f"/{INDEX}/_doc/{collection.identity}")
    except DocumentMissingError:
        return {}, NEW
    except IndexMissingError:
        return {}, None
    seen = {"if_seq_no": str(found["_seq_no"]), "if_primary_term": str(found["_primary_term"])}
    return dict(found["_source"]["versions"]), seen


def _make_index(engine: OpenSearch) -> None:
    try:
        engine.request("PUT", f"/{INDEX}", INDEX_BODY)
    except IndexExistsError:
        return
