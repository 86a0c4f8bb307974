"""Copies a collection into another of its indices, and keeps up with its writers.

OpenSearch numbers the operations of each shard. A pass copies what was written since the last one, in that order, under
versions that follow from the numbers: a document that is copied twice, late, or by a function that was taken to be dead
cannot replace something newer. Deletions leave nothing to copy; `find_surplus` compares the two indices for them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple

import orjson

from lambdas.collections.index_body import length_field
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.errors import SearchEngineUnavailableError
from lambdas.imports.loading.record_batches import run_in_order
from lambdas.jobs.job import JobFailedError
from lambdas.objects.document_sizes import MEASURED_FIRST, are_small, measure, split_pages
from lambdas.objects.values import lengths
from lambdas.opensearch import OpenSearch

DOCUMENTS_OF_PAGE = 300
MEASURED_AT_ONCE = 1_000
PAGES_AT_ONCE = 3
PARTS = ["id", "key", "created", "updated", "properties", "text_hash", "vectors.*", "passages.*"]
# Above this, parts of the ids are counted instead of reading them.
IDS_AT_ONCE = 5_000
VERSIONS_OF_GENERATION = 1 << 40
CHARACTERS = "0123456789abcdef-"

# The last operation that was copied, by shard.
type Position = dict[str, int]
# Adds to the documents of a page what the new index wants and they lack.
type Complete = Callable[[Collection, list[dict[str, Any]]], None]


class Route(NamedTuple):
    """From an index of this generation into that of the collection as it is to be.

    The alias `into` is gone when the copy is no longer wanted.
    """

    origin: str
    generation: int
    into: str
    collection: Collection

    @property
    def first_version(self) -> int:
        """The version of the first operation: higher than all that an index of former generations has."""
        return self.generation * VERSIONS_OF_GENERATION + 1


class Copier:
    """Copies documents."""

    def __init__(self, engine: OpenSearch, executor: Executor) -> None:
        self._engine = engine
        self._executor = executor

    def position(self, index: str) -> Position:
        """Return the last operation of each shard before which all are done."""
        parameters = {"level": "shards", "filter_path": "indices.*.shards.*.seq_no,indices.*.shards.*.routing.primary"}
        shards = self._engine.request("GET", f"/{index}/_stats", params=parameters)["indices"][index]["shards"]
        return {
            shard: next(each["seq_no"]["global_checkpoint"] for each in copies if each["routing"]["primary"])
            for shard, copies in shards.items()
        }

    def copy(
        self,
        route: Route,
        done: Position,
        until: Position,
        *,
        deadline: Deadline,
        complete: Complete = lambda _, __: None,
        copied: Callable[[int, Position], bool] = lambda _, __: True,
    ) -> int:
        """Copy what was written after `done`, up to `until`; `done` is moved along. Return the number of documents.

        `copied` is called after each page with its documents and the position; it returns whether to go on. Raises
        `JobFailedError` for a document that the new index does not take.
        """
        self._engine.request("POST", f"/{route.origin}/_refresh", timeout=max(1.0, deadline.remaining()))
        total = 0
        for shard, last in until.items():

            def write(page: list[dict[str, Any]]) -> None:
                self._write(route, page, complete, deadline)

            pages = self._pages(route, shard, done.get(shard, -1), last)
            for page, _ in run_in_order(pages, write, self._executor, PAGES_AT_ONCE):
                done[shard] = page[-1]["_seq_no"]
                total += len(page)
                if not copied(len(page), done) or deadline.passed:
                    return total
            done[shard] = max(last, done.get(shard, -1))
        return total

    def _pages(self, route: Route, shard: str, after: int, last: int) -> Iterator[list[dict[str, Any]]]:
        ask = partial(
            self._engine.request, "POST", f"/{route.origin}/_search", params={"preference": f"_shards:{shard}"}
        )
        measured: list[dict[str, Any]] = []
        while after < last:
            # Many are measured by one request, as long as they are small.
            size = MEASURED_AT_ONCE if are_small(measured) else MEASURED_FIRST
            body = measure(route.collection, build_page_body(after, last, size))
            measured = ask(body)["hits"]["hits"]
            if not measured:
                return
            for page in split_pages(measured, DOCUMENTS_OF_PAGE):
                end = page[-1]["_seq_no"]
                # What was written meanwhile has a higher number: the next pass copies it.
                hits = ask(build_page_body(after, end, len(page)))["hits"]["hits"]
                after = end
                if hits:
                    yield hits

    def _write(self, route: Route, page: list[dict[str, Any]], complete: Complete, deadline: Deadline) -> None:
        sources = [rebuilt(hit["_source"], route.collection) for hit in page]
        complete(route.collection, sources)
        first = route.first_version
        lines = [_encode(hit, source, first) for hit, source in zip(page, sources, strict=True)]
        while lines:
            items = self._engine.bulk(
                route.into, lines, refresh=False, timeout=max(1.0, min(60.0, deadline.remaining())), repeat=True
            )
            refused = [(line, item) for line, item in zip(lines, items, strict=True) if item["status"] >= 300]
            for _, item in refused:
                # 409: something newer is there.
                if item["status"] not in (409, 429, 503):
                    reason = item["error"].get("reason", "no reason given")
                    raise JobFailedError(f"The new index does not take the object {item['_id']}: {reason}.")
            lines = [line for line, item in refused if item["status"] != 409]
            if lines and deadline.passed:
                raise SearchEngineUnavailableError("OpenSearch is too busy to copy objects.")

    def find_surplus(self, origin: str, target: str, prefix: str = "") -> set[str]:
        """Return the ids that only the target has. Both indices must be refreshed.

        Only parts of the ids in which the counts differ are read. That the target has every object that was written is
        known from the copy: so where the counts are equal, the ids are.
        """
        counts = [self._count(index, prefix) for index in (origin, target)]
        if counts[0] == counts[1]:
            return set()
        if max(counts) <= IDS_AT_ONCE:
            old, new = (self._ids(index, prefix) for index in (origin, target))
            return new - old
        surplus: set[str] = set()
        for parts in zip(*(self._counts(index, prefix) for index in (origin, target)), strict=True):
            if parts[0][1] != parts[1][1]:
                surplus |= self.find_surplus(origin, target, parts[0][0])
        return surplus

    def delete(self, route: Route, ids: set[str]) -> None:
        """Delete objects of the target that are no longer in the origin.

        The deletion has the version after that of the copy. An object that is inserted again has a later one still.
        """
        for start in range(0, len(ids), 1000):
            part = sorted(ids)[start : start + 1000]
            found = self._engine.get_many(route.into, part, {"_source": "false"})
            lines = [
                orjson.dumps(
                    {"delete": {"_id": each["_id"], "version": each["_version"] + 1, "version_type": "external_gte"}}
                )
                for each in found
                if each["found"]
            ]
            if lines:
                self._engine.bulk(route.into, lines, refresh=False, timeout=20.0, repeat=True)

    def count(self, index: str) -> int:
        """Return the number of objects that searches see."""
        return self._count(index, "")

    def sample(self, index: str, size: int, seed: int) -> list[str]:
        """Return the ids of some objects, at random."""
        query = {"function_score": {"query": {"match_all": {}}, "random_score": {"seed": seed, "field": "_seq_no"}}}
        body = {"size": size, "query": query, "_source": False}
        return [hit["_id"] for hit in self._engine.request("POST", f"/{index}/_search", body)["hits"]["hits"]]

    def read(self, index: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the sources of objects by id."""
        found = self._engine.get_many(index, ids, {"_source_includes": ",".join(PARTS)}) if ids else []
        return {each["_id"]: each["_source"] for each in found if each["found"]}

    def _count(self, index: str, prefix: str) -> int:
        found: int = self._engine.request("POST", f"/{index}/_count", {"query": _with_prefix(prefix)})["count"]
        return found

    def _counts(self, index: str, prefix: str) -> list[tuple[str, int]]:
        parts = [prefix + each for each in CHARACTERS]
        filters = {each: {"prefix": {"id": each}} for each in parts}
        body = {"size": 0, "query": _with_prefix(prefix), "aggs": {"parts": {"filters": {"filters": filters}}}}
        found = self._engine.request("POST", f"/{index}/_search", body)["aggregations"]["parts"]["buckets"]
        return [(each, found[each]["doc_count"]) for each in parts]

    def _ids(self, index: str, prefix: str) -> set[str]:
        body = {"size": IDS_AT_ONCE, "query": _with_prefix(prefix), "_source": False}
        return {hit["_id"] for hit in self._engine.request("POST", f"/{index}/_search", body)["hits"]["hits"]}


def build_page_body(after: int, last: int, size: int) -> dict[str, Any]:
    """Build the search for documents of a shard by the numbers of their last operations: after one, up to another."""
    return {
        "size": size,
        "sort": ["_seq_no"],
        "query": {"range": {"_seq_no": {"gt": after, "lte": last}}},
        "_source": {"includes": PARTS},
        "seq_no_primary_term": True,
        "track_total_hits": False,
    }


def rebuilt(source: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
    """Return the document of an object as the collection's new index has it. Pure."""
    made = {name: source[name] for name in ("id", "key", "created", "updated", "properties") if name in source}
    if measured := lengths(collection.properties, source.get("properties", {})):
        made["lengths"] = {length_field(path): length for path, length in measured.items()}
    for part in ("vectors", "passages", "text_hash"):
        kept = {name: value for name, value in source.get(part, {}).items() if name in collection.vectors}
        if kept:
            made[part] = kept
    return made


def _encode(hit: Mapping[str, Any], source: Mapping[str, Any], first: int) -> bytes:
    action = {"_id": hit["_id"], "version": first + hit["_seq_no"], "version_type": "external_gte"}
    return orjson.dumps({"index": action}) + b"\n" + orjson.dumps(source)


def _with_prefix(prefix: str) -> dict[str, Any]:
    return {"prefix": {"id": prefix}} if prefix else {"match_all": {}}
