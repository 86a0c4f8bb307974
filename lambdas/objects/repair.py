"""Finds and repairs objects that have the vector of another text."""

import math
from functools import partial
from uuid import UUID

from pydantic import Field

from lambdas.collections.model import Collection
from lambdas.embedding.passages import read_texts
from lambdas.errors import AltoError, EmbeddingError, NoTextError
from lambdas.models import StrictModel
from lambdas.objects.bulk import version_of
from lambdas.objects.document_sizes import choose_size
from lambdas.objects.model import ObjectError, ObjectInput
from lambdas.objects.store import WriteContext
from lambdas.objects.writer import DocumentEmbedder, ObjectWriter
from lambdas.opensearch import OpenSearch

# Cosine to the text's own vector. A model's vectors of one text differ by rounding, those of two texts by far more.
SAME_TEXT_COSINE = 0.999
MAX_REPAIR_OBJECTS = 100


class RepairRequest(StrictModel):
    """A page of objects to check."""

    limit: int = Field(default=MAX_REPAIR_OBJECTS, ge=1, le=MAX_REPAIR_OBJECTS)
    after: UUID | None = Field(default=None, description="The `next` of the previous page.")
    dry_run: bool = Field(default=False, description="Only reports the objects; changes nothing.")


class RepairFailure(StrictModel):
    """An object that could not be checked or repaired."""

    id: str
    error: ObjectError


class RepairResult(StrictModel):
    """The result of checking one page."""

    checked: int
    wrong: list[str] = Field(description="Ids of the objects that had a vector of another text.")
    repaired: int
    failed: list[RepairFailure]
    next: str | None = Field(description="Send it as `after`; null at the end.")


class VectorRepairer:
    """Embeds the texts of stored objects again and compares the vectors."""

    def __init__(self, engine: OpenSearch, writer: ObjectWriter, embedder: DocumentEmbedder) -> None:
        self._engine = engine
        self._writer = writer
        self._embedder = embedder

    def repair(self, collection: Collection, request: RepairRequest, context: WriteContext) -> RepairResult:
        """Check one page of objects by id, and replace the vectors that are not those of their text.

        An object that is written meanwhile is left alone and reported as failed. Vectors that a caller sent are kept.
        """
        body = {
            "size": request.limit + 1,
            "sort": [{"id": "asc"}],
            "query": {"match_all": {}},
            "_source": {"includes": ["properties", "text_hash", "vectors.*"]},
            "seq_no_primary_term": True,
        } | ({"search_after": [str(request.after)]} if request.after else {})
        ask = partial(self._engine.request, "POST", f"/{collection.alias}/_search")
        limit = min(request.limit, choose_size(ask, collection, body))
        hits = ask(body | {"size": limit + 1})["hits"]["hits"]
        page = hits[:limit]
        wrong: set[str] = set()
        failures: dict[str, AltoError] = {}
        for name in collection.made_by_alto:
            found_wrong, found_failures = self._compare(collection, name, page, context)
            wrong |= found_wrong
            failures |= found_failures
        items = [_strip(hit) for hit in page if hit["_id"] in wrong and hit["_id"] not in failures]
        repaired = 0
        if items and not request.dry_run:
            results = self._writer.write(
                collection,
                items,
                deadline=context.deadline,
                credentials=context.credentials,
                refresh=context.refresh,
                reuse_vectors=False,
            )
            failures |= {result.id: result.error for result in results if result.error is not None}
            repaired = sum(result.error is None for result in results)
        return RepairResult(
            checked=len(page),
            wrong=sorted(wrong),
            repaired=repaired,
            failed=[
                RepairFailure(id=name, error=ObjectError(code=error.code, message=error.message))
                for name, error in failures.items()
            ],
            next=page[-1]["_id"] if len(hits) > len(page) else None,
        )

    def _compare(
        self, collection: Collection, name: str, page: list[dict[str, object]], context: WriteContext
    ) -> tuple[set[str], dict[str, AltoError]]:
        """Return the ids of objects whose vector is not that of their text, and the errors of embedding."""
        wrong: set[str] = set()
        failures: dict[str, AltoError] = {}
        config = collection.made_by_alto[name]
        texts: dict[str, str] = {}
        stored: dict[str, list[float]] = {}
        for hit in page:
            found, source = str(hit["_id"]), hit["_source"]
            assert isinstance(source, dict)  # every document has one
            vector = source.get("vectors", {}).get(name)
            kept_hash = source.get("text_hash", {}).get(name)
            if vector is None or kept_hash is None:
                continue
            try:
                text = read_texts(config, collection.name, collection.properties, source.get("properties", {}))
            except NoTextError:
                wrong.add(found)
                continue
            if text.hash(config) != kept_hash:
                wrong.add(found)
                continue
            texts[found], stored[found] = text.whole, vector
        vectors = self._embedder.embed_documents(
            config, list(texts.values()), deadline=context.deadline, credentials=context.credentials
        )
        for found, vector in zip(texts, vectors, strict=True):
            if isinstance(vector, EmbeddingError):
                failures[found] = vector
            elif _cosine(vector, stored[found]) < SAME_TEXT_COSINE:
                wrong.add(found)
        return wrong, failures


def _strip(hit: dict[str, object]) -> ObjectInput:
    """Return the object without the vectors that Alto made, to be stored only if its version is unchanged."""
    source = hit["_source"]
    assert isinstance(source, dict)  # every document has one
    hashes = source.get("text_hash", {})
    sent = {name: vector for name, vector in source.get("vectors", {}).items() if name not in hashes}
    return ObjectInput(str(hit["_id"]), source.get("properties", {}), sent, version_of(hit))


def _cosine(first: list[float], second: list[float]) -> float:
    norms = math.sqrt(math.sumprod(first, first) * math.sumprod(second, second))
    return math.sumprod(first, second) / norms if norms else 0.0
