"""The vector leg of a search: builds the OpenSearch query of the query's vectors. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from lambdas.search.vectors.target_vectors import PAINLESS_DISTANCES, PAINLESS_SCORES, Targets

# An object without the vector is infinitely far away: the score is 0, below every threshold.
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
# Rendered once: OpenSearch caches compiled scripts by their text, so values go into parameters.
SCRIPTS = {
    (combine, measure): text.format(distance=PAINLESS_DISTANCES[measure], score=PAINLESS_SCORES[measure]).strip()
    for combine, text in COMBINED.items()
    for measure in PAINLESS_DISTANCES
}


class QueryVector(NamedTuple):
    """The vectors of a query, each with the name of the objects' vector that it is compared with.

    They are in the order of the targets' shares. Several may be compared with the same vector of the objects.
    """

    targets: Targets
    numbers: Sequence[tuple[str, list[float]]]

    @property
    def names(self) -> list[str]:
        """The objects' vectors, each once."""
        return self.targets.names


def build_vector_query(
    vector: QueryVector, k: int, conditions: list[dict[str, Any]], smallest_score: float | None = None
) -> dict[str, Any]:
    """Build the query of the k nearest neighbours. Filters apply inside the graph search, so they cost no results.

    With several targets: all that are among the k nearest of any of them, scored by the exact combined distance.
    """
    nearest = [_build_knn(name, numbers, k, conditions) for name, numbers in vector.numbers]
    if len(nearest) == 1:
        [query] = nearest
        return query if smallest_score is None else _add_script(query, {"source": "_score"}, smallest_score)
    candidates: dict[str, Any] = {"should": nearest, "minimum_should_match": 1}
    if vector.targets.combine == "mean":
        candidates["filter"] = _require_vectors(vector)
    return _add_script({"bool": candidates}, _build_script(vector), smallest_score)


def build_distance_filter(vector: QueryVector, smallest_score: float) -> dict[str, Any]:
    """Build a filter of all objects whose exact distance is small enough."""
    presence = "filter" if vector.targets.combine == "mean" else "should"
    return _add_script({"bool": {presence: _require_vectors(vector)}}, _build_script(vector), smallest_score)


def _build_knn(name: str, numbers: list[float], k: int, conditions: list[dict[str, Any]]) -> dict[str, Any]:
    parameters: dict[str, Any] = {"vector": numbers, "k": k}
    if conditions:
        parameters["filter"] = conditions[0] if len(conditions) == 1 else {"bool": {"filter": conditions}}
    return {"knn": {f"vectors.{name}": parameters}}


def _add_script(query: dict[str, Any], script: dict[str, Any], smallest_score: float | None) -> dict[str, Any]:
    least = {} if smallest_score is None else {"min_score": smallest_score}
    return {"script_score": {"query": query, "script": script} | least}


def _build_script(vector: QueryVector) -> dict[str, Any]:
    targets = vector.targets
    parameters: dict[str, Any] = {
        "fields": [f"vectors.{name}" for name, _ in vector.numbers],
        "vectors": [numbers for _, numbers in vector.numbers],
    }
    if targets.combine == "mean":
        parameters["shares"] = [share for _, share in targets.shares]
    return {"source": SCRIPTS[targets.combine, targets.measure], "params": parameters}


def _require_vectors(vector: QueryVector) -> list[dict[str, Any]]:
    return [{"exists": {"field": f"vectors.{name}"}} for name in vector.names]
