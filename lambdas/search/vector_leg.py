"""The vector leg of a search: from the query's vectors to the query that OpenSearch gets. Pure."""

from typing import Any, NamedTuple

from lambdas.search.distances import PAINLESS_DISTANCES, PAINLESS_SCORES
from lambdas.search.target_vectors import Targets

# An object without the vector is as far away as can be: the score is 0, below every threshold.
COMBINED = {
    "mean": """
double distance = 0;
for (int i = 0; i < params.fields.length; i++) {{
  def field = doc[params.fields[i]];
  if (field.size() == 0) {{ return 0; }}
  distance += params.shares[i] * ({distance});
}}
return Math.max(0, {score});
""",
    "minimum": """
double distance = Double.MAX_VALUE;
for (int i = 0; i < params.fields.length; i++) {{
  def field = doc[params.fields[i]];
  if (field.size() > 0) {{ distance = Math.min(distance, {distance}); }}
}}
return distance == Double.MAX_VALUE ? 0 : Math.max(0, {score});
""",
}
# Rendered once: OpenSearch compiles each text once and keeps it, so what changes goes into parameters.
SCRIPTS = {
    (combine, measure): text.format(distance=PAINLESS_DISTANCES[measure], score=PAINLESS_SCORES[measure]).strip()
    for combine, text in COMBINED.items()
    for measure in PAINLESS_DISTANCES
}


class QueryVector(NamedTuple):
    """The vectors of a query, by the name of the objects' vector that each is compared with."""

    targets: Targets
    numbers: dict[str, list[float]]


def vector_query(
    vector: QueryVector, k: int, conditions: list[dict[str, Any]], smallest_score: float | None = None
) -> dict[str, Any]:
    """The k nearest neighbours. Filters are applied inside the graph search, so they never cost results.

    With several targets: all that are among the k nearest of any of them, scored by the exact combined distance.
    """
    nearest = [_knn(name, numbers, k, conditions) for name, numbers in vector.numbers.items()]
    if len(nearest) == 1:
        [query] = nearest
        return query if smallest_score is None else _scored(query, {"source": "_score"}, smallest_score)
    candidates: dict[str, Any] = {"should": nearest, "minimum_should_match": 1}
    if vector.targets.combine == "mean":
        candidates["filter"] = _present(vector)
    return _scored({"bool": candidates}, _script(vector), smallest_score)


def near_enough(vector: QueryVector, smallest_score: float) -> dict[str, Any]:
    """A filter: every object whose distance, exactly measured, is small enough."""
    presence = "filter" if vector.targets.combine == "mean" else "should"
    return _scored({"bool": {presence: _present(vector)}}, _script(vector), smallest_score)


def _knn(name: str, numbers: list[float], k: int, conditions: list[dict[str, Any]]) -> dict[str, Any]:
    parameters: dict[str, Any] = {"vector": numbers, "k": k}
    if conditions:
        parameters["filter"] = conditions[0] if len(conditions) == 1 else {"bool": {"filter": conditions}}
    return {"knn": {f"vectors.{name}": parameters}}


def _scored(query: dict[str, Any], script: dict[str, Any], smallest_score: float | None) -> dict[str, Any]:
    least = {} if smallest_score is None else {"min_score": smallest_score}
    return {"script_score": {"query": query, "script": script} | least}


def _script(vector: QueryVector) -> dict[str, Any]:
    targets = vector.targets
    parameters: dict[str, Any] = {
        "fields": [f"vectors.{name}" for name in vector.numbers],
        "vectors": list(vector.numbers.values()),
    }
    if targets.combine == "mean":
        parameters["shares"] = [targets.shares[name] for name in vector.numbers]
    return {"source": SCRIPTS[targets.combine, targets.measure], "params": parameters}


def _present(vector: QueryVector) -> list[dict[str, Any]]:
    return [{"exists": {"field": f"vectors.{name}"}} for name in vector.numbers]
