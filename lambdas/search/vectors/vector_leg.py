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


# Of a compressed vector, this many times as many candidates are compared with the query by their whole vectors, and so
# have the scores of whole vectors. See docs/decisions/0161.
OVERSAMPLE = 2.0

# The share of the object's own vector in the score, where its passages are compared, too. See docs/decisions/0150.
WHOLE_SHARE = 0.3
_COSINE = """
def field = doc[params.field];
return field.size() == 0 ? 0 : Math.max(0, (1 + cosineSimilarity(params.vector, field)) / 2);
""".strip()


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
    vector: QueryVector,
    k: int,
    conditions: list[dict[str, Any]],
    smallest_score: float | None = None,
    *,
    show_passage: bool = False,
) -> dict[str, Any]:
    """Build the query of the k nearest neighbours. Filters apply inside the graph search, so they cost no results.

    With several targets: all that are among the k nearest of any of them, scored by the exact combined distance.
    """
    if vector.targets.has_passages:
        query = _score_passages(vector, _find_passages(vector, k, conditions), show=show_passage)
        return query if smallest_score is None else _add_script(query, {"source": "_score"}, smallest_score)
    compressed = vector.targets.compressed
    nearest = [
        _build_knn(f"vectors.{name}", numbers, k, conditions, compressed=name in compressed)
        for name, numbers in vector.numbers
    ]
    if len(nearest) == 1:
        [query] = nearest
        return query if smallest_score is None else _add_script(query, {"source": "_score"}, smallest_score)
    candidates: dict[str, Any] = {"should": nearest, "minimum_should_match": 1}
    if vector.targets.combine == "mean":
        candidates["filter"] = _require_vectors(vector)
    return _add_script({"bool": candidates}, _build_script(vector), smallest_score)


def build_distance_filter(vector: QueryVector, smallest_score: float) -> dict[str, Any]:
    """Build a filter of all objects whose exact distance is small enough."""
    if vector.targets.has_passages:
        scored = _score_passages(vector, {"bool": {"filter": _require_vectors(vector)}})
        return _add_script(scored, {"source": "_score"}, smallest_score)
    presence = "filter" if vector.targets.combine == "mean" else "should"
    return _add_script({"bool": {presence: _require_vectors(vector)}}, _build_script(vector), smallest_score)


def build_passage_query(vector: QueryVector, *, show: bool = False) -> dict[str, Any]:
    """Build the query that scores objects by their nearest passage; to `show` it, it comes with the hit."""
    [(name, numbers)] = vector.numbers
    path = f"passages.{name}"
    shown = {"inner_hits": {"size": 1, "_source": [f"{path}.text"]}} if show else {}
    scored = _score_exactly(f"{path}.vector", numbers)
    return {"nested": {"path": path, "score_mode": "max", "query": scored} | shown}


def _find_passages(vector: QueryVector, k: int, conditions: list[dict[str, Any]]) -> dict[str, Any]:
    """Build the query of the objects that are near themselves, and of those with near passages."""
    [(name, numbers)] = vector.numbers
    path = f"passages.{name}"
    compressed = name in vector.targets.compressed
    own = _build_knn(f"vectors.{name}", numbers, k, conditions, compressed=compressed)
    passage = _build_knn(f"{path}.vector", numbers, k, conditions, compressed=compressed)
    return {
        "bool": {
            "should": [own, {"nested": {"path": path, "score_mode": "max", "query": passage}}],
            "minimum_should_match": 1,
        }
    }


def _score_passages(vector: QueryVector, candidates: dict[str, Any], *, show: bool = False) -> dict[str, Any]:
    """Score candidates by .3 of the object's cosine and .7 of its nearest passage's.

    An object that is itself nearer than its passages, or has none, counts as its own passage: so the best score stays
    that of a perfect match.
    """
    [(name, numbers)] = vector.numbers
    own = _score_exactly(f"vectors.{name}", numbers)
    nearest = {"dis_max": {"queries": [own, build_passage_query(vector, show=show)], "boost": 1 - WHOLE_SHARE}}
    shared = {"script_score": own["script_score"] | {"boost": WHOLE_SHARE}}
    return {"bool": {"filter": [candidates], "must": [shared, nearest]}}


def _score_exactly(field: str, numbers: list[float]) -> dict[str, Any]:
    script = {"source": _COSINE, "params": {"field": field, "vector": numbers}}
    return {"script_score": {"query": {"exists": {"field": field}}, "script": script}}


def _build_knn(
    field: str, numbers: list[float], k: int, conditions: list[dict[str, Any]], *, compressed: bool
) -> dict[str, Any]:
    parameters: dict[str, Any] = {"vector": numbers, "k": k}
    if compressed:
        parameters["rescore"] = {"oversample_factor": OVERSAMPLE}
    if conditions:
        parameters["filter"] = conditions[0] if len(conditions) == 1 else {"bool": {"filter": conditions}}
    return {"knn": {field: parameters}}


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
