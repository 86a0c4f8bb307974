"""Migrations: what a new model costs, how the hits of two vectors differ, and the requests of each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alto.evaluation.measures import MAIN, measure
from alto.operations.imports import read_job
from alto.requests import Operation, Phase, Request, segment

# Shared with the texts that Alto embeds: about four characters are a token.
CHARACTERS_OF_TOKEN = 4
SAMPLE = 100
DEPTH = 10
# AWS's list prices in us-east-1, in USD for a million input tokens; batch inference costs half.
PRICES = {
    "amazon.titan-embed-text-v1": 0.10,
    "amazon.titan-embed-text-v2": 0.02,
    "cohere.embed-english-v3": 0.10,
    "cohere.embed-multilingual-v3": 0.10,
    "cohere.embed-v4": 0.12,
}
BATCH_SHARE = 0.5
# What a new account may use, and how many texts a call of the model takes.
TOKENS_PER_MINUTE = 300_000
CALLS_PER_MINUTE = 2_000
TEXTS_OF_CALL = {"cohere": 96, "amazon": 1}
# What OpenSearch stores, one node of two cores.
OBJECTS_PER_SECOND = 300


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """The estimated cost of a migration, from a sample of the objects.

    Attributes:
        collection: The collection.
        model: The new model.
        vector: The name of the new vector.
        old: The vector that searches use now.
        objects: The number of objects.
        sampled: Of how many of them the texts were measured.
        tokens: Tokens of all texts, at four characters each.
        price: USD for these tokens, at the list price of us-east-1; None if the model's price is not known here.
        calls: Calls of the model.
        minutes: With the quota of a new account; batch inference has none, and takes hours.
        batch: Whether stored objects are embedded by batch inference.
    """

    collection: str
    model: str
    vector: str
    old: str
    objects: int
    sampled: int
    tokens: int
    price: float | None
    calls: int
    minutes: float
    batch: bool


@dataclass(frozen=True, slots=True)
class VectorComparison:
    """How the hits of the old and the new vector differ.

    Attributes:
        queries: The number of queries.
        overlap: The share of the first ten hits that both vectors have, the mean of all queries.
        judged: The number of queries with judgements.
        old_ndcg: nDCG@10 of the old vector; None without judgements.
        new_ndcg: nDCG@10 of the new vector.
    """

    queries: int
    overlap: float
    judged: int = 0
    old_ndcg: float | None = None
    new_ndcg: float | None = None


def plan(
    collection: Mapping[str, Any],
    total: int,
    texts: Sequence[int],
    *,
    vector: str,
    config: Mapping[str, Any],
    batch: bool,
) -> MigrationPlan:
    """Estimate a migration from the lengths of some objects' texts."""
    model = str(config.get("model") or config.get("endpoint") or "")
    mean = sum(texts) / len(texts) if texts else 0.0
    tokens = round(total * mean / CHARACTERS_OF_TOKEN)
    price = next((each for name, each in PRICES.items() if name in model), None)
    maker = next((each for name, each in TEXTS_OF_CALL.items() if name in model), 1)
    calls = -(-total // maker)
    minutes = max(tokens / TOKENS_PER_MINUTE, calls / CALLS_PER_MINUTE, total / OBJECTS_PER_SECOND / 60)
    return MigrationPlan(
        collection=collection["name"],
        model=model,
        vector=vector,
        old=default_of(collection),
        objects=total,
        sampled=len(texts),
        tokens=tokens,
        price=None if price is None else tokens / 1_000_000 * price * (BATCH_SHARE if batch else 1),
        calls=calls,
        minutes=minutes,
        batch=batch,
    )


def default_of(collection: Mapping[str, Any]) -> str:
    """The vector that searches use which name none; "" if they have to name one."""
    vectors = list(collection["vectors"])
    if collection.get("default_vector"):
        return str(collection["default_vector"])
    if len(vectors) == 1:
        return str(vectors[0])
    return "default" if "default" in vectors else ""


def text_length(collection: Mapping[str, Any], config: Mapping[str, Any], properties: Mapping[str, Any]) -> int:
    """The characters of an object's text, as its vector is made from them."""
    sources = config.get("source_properties")
    length = 0
    for item in collection["properties"]:
        is_source = item["name"] in sources if sources else item["type"] in ("text", "text[]")
        value = properties.get(item["name"])
        if is_source and not item.get("skip_vectorization") and value is not None:
            length += sum(len(str(each)) + 1 for each in (value if isinstance(value, list) else [value]))
    return length


def free_name(collection: Mapping[str, Any], model: str) -> str:
    """A name for the new vector: that of the model, without what names do not take."""
    base = "".join(each if each.isalnum() else "_" for each in model.lower().split(":")[0].split("/")[-1]).strip("_")
    name, number = base, 2
    while name in collection["vectors"]:
        name, number = f"{base}_{number}", number + 1
    return name


def compare(
    old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]], judgements: Mapping[str, Mapping[str, int]]
) -> VectorComparison:
    """Compare the hits of queries, best first, by the query's id."""
    shares = [len(set(old[each][:DEPTH]) & set(new[each][:DEPTH])) / max(1, len(old[each][:DEPTH])) for each in old]
    judged = [each for each in old if any(grade > 0 for grade in judgements.get(each, {}).values())]

    def ndcg(of: Mapping[str, Sequence[str]]) -> float | None:
        found = [measure(of[each], judgements[each])[MAIN] for each in judged]
        return sum(found) / len(found) if found else None

    return VectorComparison(
        queries=len(old),
        overlap=sum(shares) / len(shares) if shares else 1.0,
        judged=len(judged),
        old_ndcg=ndcg(old),
        new_ndcg=ndcg(new),
    )


def hits(collection: str, query: str, vector: str) -> Operation[list[str]]:
    """The ids, or the keys, of the first hits of a query by one vector."""
    body = {"near_text": {"query": query, "target_vector": vector}, "limit": DEPTH, "return_properties": []}
    request = Request("POST", f"/v1/collections/{segment(collection)}/search", body, repeatable=True)
    return Operation(request, lambda response: [each.get("key") or each["id"] for each in response.body["objects"]])


def described(collection: str) -> Operation[dict[str, Any]]:
    """The collection as the API describes it."""
    return Operation(
        Request("GET", f"/v1/collections/{segment(collection)}", repeatable=True), lambda response: response.body
    )


def sample(collection: str) -> Operation[list[dict[str, Any]]]:
    """The properties of some objects."""
    request = Request(
        "GET", f"/v1/collections/{segment(collection)}/objects", query={"limit": str(SAMPLE)}, repeatable=True
    )
    return Operation(request, lambda response: [each["properties"] for each in response.body["objects"]])


def rebuild(collection: str, body: Mapping[str, Any]) -> Operation[Any]:
    """Rebuild the collection with changes."""
    request = Request("POST", f"/v1/collections/{segment(collection)}/rebuild", dict(body), phase=Phase.INSERT)
    return Operation(request, lambda response: read_job(response.body))


def undo_rebuild(collection: str) -> Operation[Any]:
    """Undo the rebuild; the job that does so, if it takes one."""
    request = Request("POST", f"/v1/collections/{segment(collection)}/rebuild/undo", phase=Phase.INSERT)
    return Operation(request, lambda response: response.body["job"] and read_job(response.body["job"]))


def finish_rebuild(collection: str) -> Operation[None]:
    """Delete the index of before the rebuild."""
    request = Request("POST", f"/v1/collections/{segment(collection)}/rebuild/finish", phase=Phase.INSERT)
    return Operation(request, lambda _: None)
