"""Runs: the ranking of each query by each setting, searched in batches."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from alto.evaluation.judgements import EvaluationError, Query
from alto.evaluation.settings import Setting

# Searches of one request: its objects, candidates and bytes are bounded together (docs/limits.md).
BATCH = 20
AT_ONCE = 2

# Sends the searches of a collection, returns their results in order.
Send = Callable[[str, list[dict[str, Any]]], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Identifier:
    """How judgements name a document: an object's key, or else its id; or the value of a property."""

    name: str | None = None

    @property
    def returned(self) -> list[str]:
        """The properties that a search has to return."""
        return [self.name] if self.name else []

    def of(self, hit: dict[str, Any]) -> str:
        """The document's id, as judgements have it. Raises `EvaluationError` if the property has no value."""
        if self.name is None:
            return str(hit.get("key") or hit["id"])
        value = hit["properties"].get(self.name)
        if value is None:
            raise EvaluationError(f"the object {hit['id']} has no value of {self.name!r}, which --id names")
        return str(value)


@dataclass(frozen=True, slots=True)
class Run:
    """The document ids that a setting finds for each query, best first, and how long requests took."""

    setting: Setting
    rankings: dict[str, list[str]]
    milliseconds: float


def search_all(
    collection: str,
    setting: Setting,
    queries: Sequence[Query],
    send: Send,
    *,
    identifier: Identifier,
    depth: int,
) -> Run:
    """Search every query. Raises `EvaluationError` for the first query that fails."""
    name = setting.collection or collection
    page = {"limit": depth, "return_properties": identifier.returned}
    batches = [queries[start : start + BATCH] for start in range(0, len(queries), BATCH)]

    def one(batch: Sequence[Query]) -> list[dict[str, Any]]:
        return send(name, [setting.body(query) | page for query in batch])

    rankings: dict[str, list[str]] = {}
    took = 0.0
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for batch, results in zip(batches, threads.map(one, batches), strict=True):
            took += results[0].get("took_ms", 0)
            for query, result in zip(batch, results, strict=True):
                rankings[query.id] = [identifier.of(hit) for hit in _objects(result, query, setting)]
    return Run(setting, rankings, took / len(queries))


def _objects(result: dict[str, Any], query: Query, setting: Setting) -> list[dict[str, Any]]:
    problem = result.get("error")
    if problem:
        raise EvaluationError(f"query {query.id!r}, setting {setting.name!r}: {problem['message']} [{problem['code']}]")
    objects: list[dict[str, Any]] = result["objects"]
    return objects
