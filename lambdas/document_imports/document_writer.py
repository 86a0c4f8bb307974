"""Stores the passages of documents: a changed document replaces its old passages, at once for readers.

The order makes every interruption harmless. New versions are hidden, written and made searchable; then one change shows
them and hides the old ones; then the old passages are deleted. A delivery after an interruption sees from what is
stored how far the one before got.
"""

import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import Any, NamedTuple

from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.document_imports.passages import passages_of
from lambdas.document_imports.stored_documents import StoredDocument
from lambdas.errors import AltoError, CollectionNotFoundError
from lambdas.imports.loading.record_batches import is_transient
from lambdas.objects.bulk import BulkOperation, BulkWriter
from lambdas.objects.hidden_versions import FIELD, SETTLE_SECONDS, change_hidden, read_hidden
from lambdas.objects.model import ObjectInput
from lambdas.objects.writer import ObjectWriter
from lambdas.opensearch import OpenSearch

WRITE_OBJECTS = 480
PAGE_OBJECTS = 500
MAX_VERSIONS = 50
DOCUMENT_FIELD = "properties.document.keyword"

type WriterOf = Callable[[Mapping[str, "array[float]"]], ObjectWriter]


class DocumentResult(NamedTuple):
    """The result of one document."""

    error: AltoError | None = None
    unchanged_since: datetime | None = None
    passages: int = 0


class StoredVersion(NamedTuple):
    """A version of a document that is stored, perhaps in part."""

    version: str
    passages: int
    updated: datetime


@dataclass(slots=True)
class _Work:
    """A document on its way."""

    name: str
    passages: list[ObjectInput] = field(default_factory=list)
    stored: list[StoredVersion] = field(default_factory=list)
    error: AltoError | None = None
    unchanged_since: datetime | None = None

    @property
    def version(self) -> str:
        return str(self.passages[0].properties["document_version"])

    @property
    def others(self) -> list[str]:
        return [each.version for each in self.stored if each.version != self.version]

    @property
    def mine(self) -> StoredVersion | None:
        return next((each for each in self.stored if each.version == self.version), None)

    @property
    def is_pending(self) -> bool:
        return self.error is None and self.unchanged_since is None


class DocumentWriter:
    """Replaces documents. `writer_of` returns a writer of objects that knows some vectors by the hash of their text."""

    def __init__(
        self,
        engine: OpenSearch,
        bulk: BulkWriter,
        writer_of: WriterOf,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._engine = engine
        self._bulk = bulk
        self._writer_of = writer_of
        self._sleep = sleep

    def write(
        self,
        collection: Collection,
        documents: Sequence[StoredDocument],
        given: Mapping[str, Any],
        *,
        deadline: Deadline,
    ) -> list[DocumentResult]:
        """Store the passages of documents and return the result of each, in order. `given` are metadata for all.

        A document is stored entirely or not at all: with an error, readers see what they saw before.
        """
        works = [self._prepare(collection, document, given) for document in documents]
        # Of two documents with one name the last one counts, as with objects of one id.
        last = {work.name: work for work in works if work.error is None}
        pending = [work for work in works if work.error is None and last[work.name] is work]
        if pending:
            self._write(collection, pending, deadline)
        for work in works:
            if work.error is None and last[work.name] is not work:
                work.error, work.unchanged_since = last[work.name].error, last[work.name].unchanged_since
        return [DocumentResult(work.error, work.unchanged_since, len(work.passages)) for work in works]

    def remove(self, collection: Collection, name: str, *, deadline: Deadline) -> DocumentResult:
        """Remove all passages of a document, at once for readers. It is unchanged if it has none."""
        self._refresh(collection)
        stored = self._stored(collection, [name])[name]
        if not stored:
            return DocumentResult(unchanged_since=datetime.min.replace(tzinfo=UTC))
        versions = [each.version for each in stored]
        change_hidden(self._engine, collection, hide=dict.fromkeys(versions, name))
        self._sleep(SETTLE_SECONDS)
        self._delete(collection, versions, deadline)
        return DocumentResult(passages=sum(each.passages for each in stored))

    def _prepare(self, collection: Collection, document: StoredDocument, given: Mapping[str, Any]) -> _Work:
        work = _Work(document.name)
        assert collection.documents is not None
        try:
            work.passages = passages_of(collection, collection.documents, document, given)
        except AltoError as error:
            work.error = error
        return work

    def _write(self, collection: Collection, works: list[_Work], deadline: Deadline) -> None:
        self._refresh(collection)
        stored = self._stored(collection, [work.name for work in works])
        hidden = read_hidden(self._engine, collection)
        for work in works:
            work.stored = stored[work.name]
            mine = work.mine
            if mine and not work.others and mine.passages == len(work.passages) and work.version not in hidden:
                work.unchanged_since = mine.updated
        changed = [work for work in works if work.is_pending]
        # A document whose other versions are all hidden was shown before an interruption, or is new.
        replacing = [work for work in changed if set(work.others) - hidden.keys()]
        if replacing:
            change_hidden(self._engine, collection, hide={work.version: work.name for work in replacing})
            self._sleep(SETTLE_SECONDS)
        if changed:
            self._write_passages(collection, changed, deadline)
            self._refresh(collection)
            self._switch(collection, changed, deadline)
        # Versions of which an interruption has left nothing else.
        stored_now = {each.version for work in works for each in work.stored} | {work.version for work in works}
        names = {work.name for work in works}
        rest = [version for version, name in hidden.items() if name in names and version not in stored_now]
        if rest or any(work.version in hidden for work in works if work.error is None):
            shown = [work.version for work in works if work.error is None]
            change_hidden(self._engine, collection, show=[*rest, *shown])

    def _write_passages(self, collection: Collection, works: list[_Work], deadline: Deadline) -> None:
        others = [version for work in works for version in work.others]
        writer = self._writer_of(self._known_vectors(collection, others))
        owners = [(work, passage) for work in works for passage in work.passages]
        for part in batched(owners, WRITE_OBJECTS, strict=False):
            objects = [passage for work, passage in part if work.error is None]
            owners_of = [work for work, _ in part if work.error is None]
            results = writer.write(collection, objects, deadline=deadline, skip_unchanged=True)
            for work, result in zip(owners_of, results, strict=True):
                # A passage that has to wait makes its document wait, even if another one failed.
                if result.error is not None and (work.error is None or is_transient(result.error)):
                    work.error = result.error

    def _switch(self, collection: Collection, works: list[_Work], deadline: Deadline) -> None:
        """Show the new versions and hide the old ones, then delete what is hidden."""
        done = [work for work in works if work.error is None]
        old = {version: work.name for work in done for version in work.others}
        # What failed for good never appears; what has to wait stays hidden, if it replaces something.
        failed = [work for work in works if work.error is not None and not is_transient(work.error)]
        dropped = {work.version: work.name for work in failed if work.mine is None or work.others}
        change_hidden(self._engine, collection, hide=old | dropped, show=[work.version for work in done])
        if old:
            # Until searches that were sent with the list of before have ended.
            self._sleep(SETTLE_SECONDS)
        self._delete(collection, [*old, *dropped], deadline)

    def _delete(self, collection: Collection, versions: list[str], deadline: Deadline) -> None:
        """Delete the passages of hidden versions, then forget that they were hidden."""
        if not versions:
            return
        hits = self._hits(collection, {"terms": {FIELD: versions}}, _source=False)
        operations = [BulkOperation(hit["_id"], None, "delete") for hit in hits]
        for part in batched(operations, PAGE_OBJECTS, strict=False):
            for outcome in self._bulk.write(collection.alias, part, deadline=deadline, refresh=False):
                # What is gone already was deleted by an attempt before.
                if outcome.error is not None and not isinstance(outcome.error, CollectionNotFoundError):
                    raise outcome.error
        self._refresh(collection)
        change_hidden(self._engine, collection, show=versions)

    def _stored(self, collection: Collection, names: Iterable[str]) -> dict[str, list[StoredVersion]]:
        """The stored versions of documents, by their names."""
        wanted = sorted(set(names))
        updated = {"updated": {"max": {"field": "updated"}}}
        versions = {"versions": {"terms": {"field": FIELD, "size": MAX_VERSIONS}, "aggs": updated}}
        body = {
            "size": 0,
            "track_total_hits": False,
            "query": {"bool": {"filter": [{"terms": {DOCUMENT_FIELD: wanted}}]}},
            "aggs": {"documents": {"terms": {"field": DOCUMENT_FIELD, "size": len(wanted)}, "aggs": versions}},
        }
        response = self._engine.request("POST", f"/{collection.alias}/_search", body)
        found: dict[str, list[StoredVersion]] = defaultdict(list)
        for bucket in response["aggregations"]["documents"]["buckets"]:
            for each in bucket["versions"]["buckets"]:
                moment = datetime.fromtimestamp(each["updated"]["value"] / 1000, UTC)
                found[bucket["key"]].append(StoredVersion(each["key"], each["doc_count"], moment))
        return found

    def _known_vectors(self, collection: Collection, versions: list[str]) -> "dict[str, array[float]]":
        """The vectors of these versions by the hash of their text: unchanged passages are not embedded again."""
        known: dict[str, array[float]] = {}
        if not versions or not collection.made_by_alto:
            return known
        source = {"includes": ["vectors.*", "text_hash"]}
        for hit in self._hits(collection, {"terms": {FIELD: versions}}, _source=source):
            vectors = hit["_source"].get("vectors", {})
            for name, text_hash in hit["_source"].get("text_hash", {}).items():
                if name in vectors:
                    known[text_hash] = array("f", vectors[name])
        return known

    def _hits(self, collection: Collection, query: dict[str, Any], **body: Any) -> Iterator[dict[str, Any]]:
        """All hits of a filter, page by page."""
        request: dict[str, Any] = {
            "size": PAGE_OBJECTS,
            "sort": [{"id": "asc"}],
            "track_total_hits": False,
            "query": {"bool": {"filter": [query]}},
            **body,
        }
        while True:
            hits = self._engine.request("POST", f"/{collection.alias}/_search", request)["hits"]["hits"]
            yield from hits
            if len(hits) < PAGE_OBJECTS:
                return
            request["search_after"] = hits[-1]["sort"]

    def _refresh(self, collection: Collection) -> None:
        self._engine.request("POST", f"/{collection.alias}/_refresh")
