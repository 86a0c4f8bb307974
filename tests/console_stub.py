"""An Alto of a few films for tests of the console's page: a function instead of a network, with faults on demand."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

TIME = "2026-11-28T12:00:00Z"
TITLES = [
    (
        "The Shining",
        "A writer and his family watch an empty hotel in winter, and ghosts of its past come back.",
        "horror",
    ),
    (
        "A Christmas Carol",
        "Three ghosts visit a miser on the night before Christmas, and he becomes a better man.",
        "drama",
    ),
    (
        "Ghostbusters",
        "Three scientists catch ghosts in New York for money, until a god of old appears on a roof.",
        "comedy",
    ),
    (
        "The Sixth Sense",
        "A boy sees the dead, and a psychologist tries to help him with what he cannot bear to see.",
        "horror",
    ),
    (
        "Jingle All the Way",
        "A father looks for the toy that his son wants for Christmas, which is sold out everywhere.",
        "comedy",
    ),
    ("The Godfather", "The head of a family of criminals hands his power over to a son who never wanted it.", "drama"),
    ("Heat", "A detective follows a master thief through Los Angeles, and both know that one will lose.", "thriller"),
    ("Up", "An old man lets his house fly with balloons, and a boy comes along without being asked to.", "comedy"),
]
COLLECTION: dict[str, Any] = {
    "name": "Film",
    "description": "Films, with what they are about.",
    "properties": [
        {"name": "title", "type": "text"},
        {"name": "plot", "type": "text"},
        {"name": "genre", "type": "text", "tokenization": "field"},
        {"name": "year", "type": "int"},
        {"name": "studio", "type": "text"},
    ],
    "vectors": {
        "default": {
            "vectorizer": "text2vec-aws",
            "model": "amazon.titan-embed-text-v2:0",
            "region": "us-east-1",
            "dimensions": 8,
            "index": {"distance": "cosine"},
        }
    },
    "auto_schema": False,
    "index": {"shards": 1},
    "created": TIME,
    "updated": TIME,
}


HANDBOOK: dict[str, Any] = COLLECTION | {
    "name": "Handbook",
    "description": "",
    "documents": {"property": "text", "chunking": "structure", "size": 1200},
    "properties": [
        {"name": "text", "type": "text"},
        *(
            {"name": name, "type": "text", "tokenization": "field"}
            for name in ("document", "document_version", "title")
        ),
        {"name": "heading", "type": "text"},
        {"name": "ordinal", "type": "int"},
        {"name": "page", "type": "int"},
        {"name": "source", "type": "text"},
    ],
}


def film(number: int) -> dict[str, Any]:
    """An object. Beyond the list they are parts two, three and so on."""
    title, plot, genre = TITLES[number % len(TITLES)]
    part = number // len(TITLES)
    properties = {
        "title": f"{title} {part + 1}" if part else title,
        "plot": plot,
        "genre": genre,
        "year": 1970 + number % 50,
        "studio": "The Very Long Name of a Studio, Limited",
        # Beyond what a number of JavaScript holds.
        "views": 9_007_199_254_740_993,
    }
    return {"id": f"00000000-0000-4000-8000-{number:012d}", "properties": properties}


def passage(number: int) -> dict[str, Any]:
    """A passage of a document; three are on a page."""
    properties = {
        "text": f"Passage {number + 1} of the travel rules.",
        "document": "handbook/travel.pdf",
        "document_version": "v1",
        "title": "Travel",
        "heading": "Travel" if number < 3 else "Travel > Receipts",
        "ordinal": number,
        "page": 1 + number // 3,
        "source": "s3://alto/Handbook/handbook/travel.pdf",
    }
    return {"id": f"00000000-0000-4000-9000-{number:012d}", "properties": properties}


def vector(number: int) -> list[float]:
    """A vector whose direction follows from the genre and the number."""
    group = ["horror", "drama", "comedy", "thriller"].index(TITLES[number % len(TITLES)][2])
    return [math.cos(group * 1.5 + number / 90 + axis) + math.sin(number * axis) / 6 for axis in range(8)]


def error(status: int, code: str, message: str, *details: dict[str, str]) -> httpx.Response:
    body = {"code": code, "message": message, "details": list(details), "request_id": "req-1"}
    return httpx.Response(status, json={"error": body})


@dataclass
class StubAlto:
    """Responds to requests of the page. `fault` is the response to every search, if given."""

    films: int = 40
    is_empty: bool = False
    fault: httpx.Response | Exception | None = None
    facet_values: int = 3
    aliases: dict[str, str] = field(default_factory=dict)
    collections: list[dict[str, Any]] = field(default_factory=lambda: [json.loads(json.dumps(COLLECTION))])
    jobs: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def respond(self, request: httpx.Request) -> httpx.Response:
        request.read()
        path = request.url.path
        body = json.loads(request.content) if request.content and request.method != "PUT" else None
        self.asked.append((request.method, path, body))
        for pattern, route in self._routes():
            if found := re.fullmatch(pattern, f"{request.method} {path}"):
                return route(body, *found.groups())
        return error(404, "not_found", f"{request.method} {path}")

    def _routes(self) -> list[tuple[str, Callable[..., httpx.Response]]]:
        return [
            (r"GET /v1/meta", lambda _: reply({"version": "1.0", "region": "us-east-1", "modules": {}})),
            (r"GET /v1/collections", lambda _: reply({"collections": [] if self.is_empty else self.collections})),
            (r"GET /v1/collections/(\w+)", self._find),
            (r"POST /v1/collections", self._create),
            (r"PATCH /v1/collections/(\w+)", self._change),
            (r"POST /v1/collections/(\w+)/search", self._search),
            (r"POST /v1/collections/(\w+)/aggregate", self._aggregate),
            (r"POST /v1/collections/(\w+)/generate", self._generate),
            (
                r"GET /v1/collections/(\w+)/objects",
                lambda _, __: reply({"objects": [stored(each) for each in range(5)]}),
            ),
            (
                r"GET /v1/collections/(\w+)/objects/([0-9a-f-]+)",
                lambda _, name, key: reply(stored(int(key[-12:]), passage if name == "Handbook" else film)),
            ),
            (
                r"POST /v1/collections/(\w+)/objects/list",
                lambda _, __: reply({"objects": [stored(each) for each in range(self.films)]}),
            ),
            (r"GET /v1/collections/(\w+)/imports", lambda _, __: reply({"imports": self.jobs, "next": None})),
            (r"GET /v1/collections/(\w+)/imports/([0-9a-f-]+)", lambda _, __, key: reply(self._job(key))),
            (r"POST /v1/collections/(\w+)/imports/([0-9a-f-]+)/(\w+)", self._control),
            (r"POST /v1/collections/(\w+)/imports", self._upload),
            (r"PUT /.*", lambda _: httpx.Response(200, headers={"etag": '"e"'})),
            (r"GET /errors", lambda _: httpx.Response(200, content=ERRORS)),
        ]

    def _find(self, _: httpx.Request, name: str) -> httpx.Response:
        name = self.aliases.get(name, name)
        found = next((each for each in self.collections if each["name"] == name), None)
        return reply(found) if found else error(404, "collection_not_found", name)

    def _create(self, body: Any) -> httpx.Response:
        if body["name"] == "Film":
            return error(409, "collection_exists", "The collection 'Film' exists already.")
        if not body["name"][0].isalpha():
            detail = {"field": "name", "message": "String should match pattern '^[A-Za-z]'"}
            return error(400, "invalid_request", "The request is not valid.", detail)
        self.collections.append(COLLECTION | body)
        return httpx.Response(201, json=COLLECTION | body)

    def _change(self, body: Any, name: str) -> httpx.Response:
        if len(body["description"]) > 100:
            detail = {"field": "description", "message": "String should have at most 100 characters"}
            return error(400, "invalid_request", "The request is not valid.", detail)
        found = next(each for each in self.collections if each["name"] == name)
        found.update(body)
        return reply(found)

    def _search(self, body: Any, _: str) -> httpx.Response:
        if isinstance(self.fault, Exception):
            raise self.fault
        if self.fault is not None:
            return self.fault
        if "sort" in body and "context" not in body:
            return reply({"objects": [film(each) for each in range(body["limit"])], "total": self.films})
        if "context" in body:
            number = int(body["filter"]["value"][-12:])
            near = range(max(0, number - body["context"]), number + body["context"] + 1)
            around = [passage(each) | {"ordinal": each} for each in near if each != number]
            return reply({"objects": [passage(number) | {"context": around}], "total": 1})
        if "queries" not in body:
            return reply(self._result(body))
        return reply({"results": [self._result(each) for each in body["queries"]], "took_ms": 41})

    def _result(self, search: dict[str, Any]) -> dict[str, Any]:
        mode = next(name for name in ("hybrid", "bm25", "near_text", "near_object", "sort") if name in search)
        order = {
            "hybrid": [1, 0, 2, 3],
            "bm25": [0, 1, 2],
            "near_text": [1, 3, 0, 4],
            "near_object": [3, 0, 1],
            "sort": [],
        }[mode]
        numbers = (order + [each for each in range(self.films) if each not in order])[: search.get("limit", 10)]
        hits = [self._hit(search, mode, place, number) for place, number in enumerate(numbers)]
        return {
            "objects": hits,
            "total": self.films,
            "truncated": False,
            "took_ms": 41,
            "profile": {"embedding_ms": 5.2, "engine_ms": 30.0, "engine_took_ms": 12.0, "rerank_ms": 0, "rest_ms": 2.0},
        }

    @staticmethod
    def _hit(search: dict[str, Any], mode: str, place: int, number: int) -> dict[str, Any]:
        hit = film(number)
        score = 0.97 * 0.9**place
        # As in Alto's responses, what does not apply is null.
        hit |= dict.fromkeys(("key", "distance", "certainty", "rerank_score", "explanation", "highlights", "vectors"))
        hit["score"] = score
        if mode.startswith("near"):
            hit |= {"distance": 1 - score, "certainty": (1 + score) / 2}
        if search.get("include_vectors"):
            hit["vectors"] = {"default": vector(number)}
        if search.get("explain"):
            words = 0.4 * score
            legs = [("bm25", 9.1, words, 0.45), ("vector", 0.71, score - words, 0.55)]
            hit["explanation"] = {
                "legs": [
                    {"leg": leg, "score": own, "normalized": part / weight, "weight": weight, "contribution": part}
                    for leg, own, part, weight in legs
                ]
            }
        if search.get("highlight"):
            plot = hit["properties"]["plot"].replace("ghosts", "<em>ghosts</em>").replace("&", "&amp;")
            hit["highlights"] = {"plot": [plot]}
        return hit

    def _aggregate(self, body: Any, _: str) -> httpx.Response:
        if "group_by" in body:
            name = body["group_by"]["property"]
            tally = Counter(film(number)["properties"][name] for number in range(min(self.films, 500)))
            groups = [{"value": value, "total": total, "properties": {}} for value, total in tally.most_common()]
            return reply({"total": self.films, "groups": groups, "other_objects": self.films - min(self.films, 500)})
        values = [{"value": f"genre {each}", "count": 20 - min(each, 18)} for each in range(min(self.facet_values, 20))]
        asked = body.get("properties", {})
        return reply(
            {
                "total": self.films,
                "properties": {
                    name: {"top_occurrences": values if name == "genre" else [{"value": "x", "count": 1}]}
                    for name in asked
                },
            }
        )

    def _generate(self, body: Any, _: str) -> httpx.Response:
        text = "Three ghosts visit a miser. A writer watches an empty hotel."
        citations = [
            {
                "id": film(1)["id"],
                "property": "plot",
                "quote": "Three ghosts visit a miser",
                "quote_start": 0,
                "quote_end": 26,
                "start": 0,
                "end": 27,
            },
            {
                "id": film(0)["id"],
                "property": "plot",
                "quote": "A writer and his family",
                "quote_start": 0,
                "quote_end": 23,
                "start": 28,
                "end": 60,
            },
        ]
        usage = {"input_tokens": 512, "output_tokens": 21}
        return reply(
            {
                "objects": [film(1), film(0)],
                "generated": {
                    "text": text,
                    "citations": citations,
                    "citation_mode": "prompted",
                    "usage": usage,
                    "stop_reason": "end_turn",
                    "dropped_citations": 0,
                },
                "generation": {"model": body["generate"].get("model", "m"), "took_ms": 812},
            }
        )

    def _job(self, key: str) -> dict[str, Any]:
        return next(each for each in self.jobs if each["id"] == key)

    def _control(self, _: Any, __: str, key: str, action: str) -> httpx.Response:
        job = self._job(key)
        job["state"] = {"cancel": "cancelled", "resume": "loading", "retry": "loading"}[action]
        return reply(job)

    def _upload(self, body: Any, name: str) -> httpx.Response:
        made = job(len(self.jobs) + 1, "loading", read=0, key=f"{name}/{body['file_name']}")
        self.jobs.insert(0, made)
        upload = {"method": "PUT", "url": "http://localhost:1/bucket/key", "headers": {}, "expires": TIME}
        return httpx.Response(202, json={"id": made["id"], "upload": upload})


def reply(body: Any) -> httpx.Response:
    return httpx.Response(200, json=body)


def stored(number: int, make: Callable[[int], dict[str, Any]] = film) -> dict[str, Any]:
    return make(number) | {
        "collection": "Film",
        "created": TIME,
        "updated": TIME,
        "version": "1.1",
        "vectors": {"default": vector(number)},
    }


def job(
    number: int, state: str, *, read: int, failed: int = 0, key: str = "Film/films.jsonl", share: float = 0.4
) -> dict[str, Any]:
    """An import, as the API describes it."""
    is_completed = state == "completed"
    return {
        "id": f"00000000-0000-5000-8000-{number:012d}",
        "state": state,
        "reason": None,
        "collection": "Film",
        "bucket": "alto",
        "key": key,
        "size": 48_000_000,
        "counts": {"read": read, "loaded": read - failed, "unchanged": 0, "failed": failed},
        "chunks": {"total": 10, "done": 10 if is_completed else int(10 * share), "dead": 0},
        "errors": [
            {
                "chunk": 0,
                "line": 3,
                "line_start_byte": 120,
                "code": "invalid_value",
                "message": 'year: "late" is not a whole number',
            }
        ]
        if failed
        else [],
        "error_files": [],
        "error_file": None,
        "error_file_url": "http://localhost:1/errors" if is_completed and failed else None,
        "progress": {
            "records_per_second": 1850.0,
            "done_share": 1.0 if is_completed else share,
            "estimated_end": None if is_completed else "2126-11-28T12:00:00Z",
        },
        "problem": None,
        "created": TIME,
        "updated": TIME,
    }


ERRORS = (
    json.dumps(
        {
            "id": None,
            "code": "invalid_value",
            "message": 'year: "late" is not a whole number',
            "details": [],
            "location": {"byte": 120, "line": 3},
            "record": '{"title": "Up", "year": "late"}',
            "record_is_cut": False,
        }
    )
    + "\n"
).encode()
