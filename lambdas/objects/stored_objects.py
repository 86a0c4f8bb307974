"""Drafts take over from the objects that are stored under their ids: times, keys, and vectors of equal texts."""

from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from lambdas.collections.expiry import has_expired
from lambdas.collections.model import Collection
from lambdas.objects.draft import Draft, DraftTexts
from lambdas.opensearch import OpenSearch

type Sources = dict[str, dict[str, Any]]


class StoredObjects:
    """The stored objects that drafts replace. `now` returns the time, by which objects expire."""

    def __init__(self, engine: OpenSearch, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def take_over(
        self,
        collection: Collection,
        drafts: Sequence[Draft],
        wanted: Mapping[str, DraftTexts],
        *,
        compare: bool,
        reuse: bool,
    ) -> None:
        """Keep the creation time of objects that exist, and the vectors whose text has not changed.

        With `compare`, drafts that equal the stored object are marked; without `reuse`, no vector is kept.
        """
        stored = self._read_unexpired(collection, drafts, compare=compare)
        keys = {name: source["key"] for name, source in stored.items() if "key" in source}
        keys |= {draft.item.id: draft.item.key for draft in drafts if draft.item.key is not None}
        for draft in drafts:
            draft.item = draft.item._replace(key=draft.item.key or keys.get(draft.item.id))
            if draft.item.id in stored:
                draft.created = stored[draft.item.id]["created"]
        same = _list_same(drafts, stored) if compare else []
        unchanged = [
            (name, draft)
            for name, pairs in wanted.items()
            for draft, _ in pairs
            if reuse and draft.text_hashes[name] == stored.get(draft.item.id, {}).get("text_hash", {}).get(name)
        ]
        # The vectors of most unchanged objects need not be read: the hash of their text shows that they are right.
        taken = {draft.item.id for _, draft in unchanged} - {draft.item.id for draft in same}
        sent = {draft.item.id for draft in same if draft.item.vectors}
        # With the hash that belongs to them: another writer may have replaced the object since the first read.
        parts = ["vectors", "text_hash", *(["passages"] if collection.vectors_with_passages else [])]
        vectors = self._read(collection, sorted(taken | sent), parts)
        for draft in same:
            if _has_same_vectors(draft, vectors.get(draft.item.id, {}).get("vectors", {})):
                draft.unchanged_since = stored[draft.item.id]["updated"]
        for name, draft in unchanged:
            _take_vector(draft, name, vectors.get(draft.item.id, {}))

    def _read_unexpired(self, collection: Collection, drafts: Sequence[Draft], *, compare: bool) -> Sources:
        """Read the stored objects but for their vectors. One that has expired is gone: what has its id is new."""
        fields = ["created", "key", "text_hash"] + (["updated", "properties"] if compare else [])
        if collection.expiry is not None:
            fields.append(collection.expiry.date_field())
        stored = self._read(collection, [draft.item.id for draft in drafts], fields)
        return {
            name: source for name, source in stored.items() if not has_expired(collection.expiry, source, self._now())
        }

    def _read(self, collection: Collection, ids: list[str], fields: list[str]) -> Sources:
        if not ids:
            return {}
        documents = self._engine.get_many(collection.alias, ids, {"_source_includes": ",".join(fields)})
        return {found["_id"]: found["_source"] for found in documents if found["found"]}


def _list_same(drafts: Sequence[Draft], stored: Sources) -> list[Draft]:
    """Return the drafts whose properties and texts are stored.

    Of objects that share an id the last one wins, so none of them may be left out.
    """
    times = Counter(draft.item.id for draft in drafts)
    return [draft for draft in drafts if times[draft.item.id] == 1 and _has_same_text(draft, stored.get(draft.item.id))]


def _take_vector(draft: Draft, name: str, stored: Mapping[str, Any]) -> None:
    """Keep the stored vector and passages, if they still belong to the draft's text."""
    vector = stored.get("vectors", {}).get(name)
    if vector is not None and stored.get("text_hash", {}).get(name) == draft.text_hashes[name]:
        draft.vectors[name] = vector
        if passages := stored.get("passages", {}).get(name):
            draft.passages[name] = passages


def _has_same_text(draft: Draft, stored: Mapping[str, Any] | None) -> bool:
    """Whether the stored object has the same properties, and was embedded from the same texts."""
    if stored is None:
        return False
    return bool(
        stored.get("properties", {}) == draft.item.properties
        and stored.get("text_hash", {}) == draft.text_hashes
        and stored.get("key") == draft.item.key
    )


def _has_same_vectors(draft: Draft, stored: Mapping[str, list[float]]) -> bool:
    """Whether the vectors sent with the object are stored. OpenSearch keeps 32 bits of each number."""
    return all(
        name in stored and array("f", vector) == array("f", stored[name]) for name, vector in draft.item.vectors.items()
    )
