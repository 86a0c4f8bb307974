"""Expensive requests to all routes that search, embed, generate or write, by the collection's name or by its alias."""

from typing import Any, NamedTuple

from tests.fuzz_costly import TEXTS, Costly

MODEL = "amazon.nova-lite-v1:0"
GENERATIVE: dict[str, Any] = {"model": MODEL, "region": "us-east-1"}
# Passages of documents, whose neighbours a search may ask for; texts are embedded.
DOCUMENTS: dict[str, Any] = {
    "documents": {},
    "properties": [{"name": "text", "type": "text"}],
    "generative": GENERATIVE,
    "vectors": {
        "default": {
            "vectorizer": "text2vec-aws",
            "service": "bedrock",
            "region": "us-east-1",
            "model": "amazon.titan-embed-text-v2:0",
            "dimensions": 256,
        }
    },
}
MAX_PROMPT = 20_000


class Request(NamedTuple):
    """A request. The path has `{name}`, or `{documents}` for the collection of passages."""

    operation: str
    method: str
    path: str
    body: dict[str, Any]


def passage_of(place: int) -> dict[str, Any]:
    """A passage. The places of some are at the ends of what a whole number can be."""
    ordinal = {0: 2**63 - 1, 1: -(2**63)}.get(place, place)
    text = f"Passage {place} is about word{place % 7} and word{place % 11}."
    return {"properties": {"text": text, "document": "a.md", "document_version": f"v{place % 2}", "ordinal": ordinal}}


class CostlyRoutes(Costly):
    """Makes the requests of one seed, to every route."""

    def any_request(self) -> Request:
        """The next request."""
        kind = self._random.randrange(16)
        if kind < 10:
            operation, body = self.request()
            return Request(operation, "POST", f"/v1/collections/{{name}}/{operation}", body)
        made = (self._generate, self._embed, self._update, self._context, self._contexts, self._point)
        return made[kind - 10]()

    def _generate(self) -> Request:
        self.choose_size()
        collection = self._one("name", "documents")
        kind = self._one("bm25", "hybrid")
        body: dict[str, Any] = {kind: {"query": self._words()[:2_000]}, "limit": self._number(1, 100)}
        if kind == "hybrid" and collection == "name":
            body[kind]["vector"] = self._vector()
        known = ("text",) if collection == "documents" else (*TEXTS, "year", "place")
        generate: dict[str, Any] = {"context_tokens": self._number(100, 9_000), "max_tokens": 50}
        if self.chance(0.6):
            repeated = " ".join(f"{{{self._one(*known)}}}" for _ in range(self._number(1, 2_500)))
            generate["single_prompt"] = f"Say {repeated}"[:MAX_PROMPT].rpartition("}")[0] + "}"
        if "single_prompt" not in generate or self.chance(0.5):
            generate["grouped_task"] = self._words()[:MAX_PROMPT]
        return Request("generate", "POST", f"/v1/collections/{{{collection}}}/generate", body | {"generate": generate})

    def _embed(self) -> Request:
        self.choose_size()
        texts = self._list(lambda: self._words()[:400], 96)
        return Request("embed", "POST", "/v1/collections/{documents}/embed", {"texts": texts})

    def _update(self) -> Request:
        self.choose_size()
        change = self._one({"price": 1.5}, {"tags": ["a"] * 50}, {"title": self._words()}, {"seen": None})
        body = {
            "filter": self._whole_filter(),
            self._one("set", "merge"): change,
            "dry_run": self.chance(0.5),
            "verbose": self.chance(0.5),
            "limit": self._number(1, 10_000),
        }
        return Request("objects/update", "POST", "/v1/collections/{name}/objects/update", body)

    def _context(self) -> Request:
        self.choose_size()
        return Request("context", "POST", "/v1/collections/{documents}/search", self._with_context())

    def _contexts(self) -> Request:
        self.choose_size()
        queries = {"queries": self._list(self._with_context, 20)}
        return Request("context", "POST", "/v1/collections/{documents}/search", queries)

    def _with_context(self) -> dict[str, Any]:
        search: dict[str, Any] = self._one({"bm25": {"query": "passage"}}, {"sort": [{"property": "ordinal"}]})
        return search | {"context": self._number(1, 10), "limit": self._number(1, 60)}

    def _point(self) -> Request:
        return Request("alias", "PUT", "/v1/aliases/{alias}", {})
