"""The commands that bring a collection to another model or index: their requests, in order, and what they say."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.command_line import FakeAlto, Outcome, alto, reply

TITAN = {
    "vectorizer": "text2vec-aws",
    "service": "bedrock",
    "model": "amazon.titan-embed-text-v2:0",
    "region": "us-east-1",
    "dimensions": 256,
    "source_properties": ["title"],
    "index": {"distance": "cosine", "m": 16},
}
COHERE = TITAN | {"model": "cohere.embed-v4:0"}
JOB_ID = "5b0e5a3f-8a9e-5b5c-9d57-1f1d1c1f3b1a"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


class Server:
    """An Alto with one collection, whose jobs are done at once."""

    def __init__(self, **vectors: Any) -> None:
        self.collection: dict[str, Any] = {
            "name": "Film",
            "properties": [{"name": "title", "type": "text"}],
            "vectors": vectors or {"default": TITAN},
            "filling": {},
        }
        self.state = "completed"
        self.failed = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:  # noqa: PLR0911 - one for each request
        method, path = request.method, request.url.path.removeprefix("/v1/collections/Film")
        match method, path:
            case "GET", "":
                return reply(self.collection)
            case "GET", "/v1/meta":
                return reply({"region": "us-east-1"})
            case "POST", "/aggregate":
                return reply({"total": 3000})
            case "GET", "/objects":
                return reply({"objects": [{"properties": {"title": "x" * 399}}], "next": None})
            case "POST", "/vectors":
                return reply({"collection": self.collection, "jobs": {"new": self.job("fill")}}, 202)
            case "POST", "/search":
                return reply({"objects": [{"id": "a"}, {"id": "b"}]})
            case "POST", "/rebuild/undo":
                return reply({"collection": self.collection, "job": self.job("rebuild")})
            case "POST", "/rebuild" | "/vectors/cohere_embed_v4/fill":
                return reply(self.job("rebuild"), 202)
            case _:
                return reply(self.job("fill") if "/imports/" in path else self.collection)

    def job(self, kind: str) -> dict[str, Any]:
        counts = {"read": 3000, "loaded": 3000 - self.failed, "unchanged": 0, "failed": self.failed}
        return {
            "id": JOB_ID,
            "kind": kind,
            "collection": "Film",
            "state": self.state,
            "reason": None,
            "counts": counts,
            "progress": {"done_share": 1.0, "records_per_second": 100.0, "estimated_end": None},
            "problem": None,
            "errors": [],
            "bucket": "b",
            "key": "k",
            "size": 1,
        }


def run(server: Server, *command: str) -> Outcome:
    return alto(*command, replies=(server,) * 40)


def changes(server: FakeAlto) -> list[str]:
    """The requests that change something, without the collection's path."""
    return [
        each.replace("/v1/collections/Film", "")
        for each in server.paths
        if not each.startswith("GET") and "aggregate" not in each
    ]


def test_a_migration_adds_fills_switches_and_drops() -> None:
    done = run(Server(), "migrate", "Film", "--model", "cohere.embed-v4:0", "--yes")

    assert done.code == 0, done.err
    assert changes(done.server) == ["POST /vectors", "PATCH ", "POST /rebuild", "POST /rebuild/finish"]
    bodies = [done.server.body(n) for n, each in enumerate(done.server.asked) if each.method == "PATCH"]
    assert bodies == [{"default_vector": "cohere_embed_v4"}]
    for said in ("objects  3,000", "about 300,000", "about 0.04 USD", "The fill is completed: 3,000 loaded", "Dropped"):
        assert said in done.err


def test_the_new_vector_embeds_what_the_old_one_does() -> None:
    done = run(Server(), "migrate", "Film", "--model", "cohere.embed-v4:0", "--dimensions", "512", "--batch", "--yes")

    [body] = [done.server.body(n) for n, each in enumerate(done.server.asked) if each.url.path.endswith("/vectors")]
    new = body["vectors"]["cohere_embed_v4"]
    assert (new["source_properties"], new["index"], new["dimensions"]) == (["title"], TITAN["index"], 512)
    assert body["embedding"] == "batch"


def test_texts_too_long_for_the_new_model_can_be_cut() -> None:
    done = run(Server(), "migrate", "Film", "--model", "cohere.embed-english-v3", "--truncate", "end", "--yes")

    [body] = [done.server.body(n) for n, each in enumerate(done.server.asked) if each.url.path.endswith("/vectors")]
    assert [each["truncate"] for each in body["vectors"].values()] == ["end"]


def test_the_old_vector_can_be_kept() -> None:
    done = run(Server(), "migrate", "Film", "--model", "cohere.embed-v4:0", "--yes", "--keep-old")

    assert (done.code, changes(done.server)) == (0, ["POST /vectors", "PATCH "])


def test_a_migration_that_was_interrupted_goes_on() -> None:
    server = Server(default=TITAN, cohere_embed_v4=COHERE)
    server.collection["filling"] = {"cohere_embed_v4": JOB_ID}

    filling = run(server, "migrate", "Film", "--model", "cohere.embed-v4:0", "--yes", "--keep-old")
    server.collection["filling"] = {}
    filled = run(server, "migrate", "Film", "--model", "cohere.embed-v4:0", "--yes", "--keep-old")

    assert changes(filling.server) == ["POST /vectors/cohere_embed_v4/fill", "PATCH "]
    assert changes(filled.server) == ["PATCH "]


def test_nothing_is_added_without_a_confirmation() -> None:
    done = run(Server(), "migrate", "Film", "--model", "cohere.embed-v4:0")

    assert (done.code, changes(done.server)) == (2, [])
    assert "add --yes" in done.err


def test_a_fill_with_failures_stops_before_the_switch() -> None:
    server = Server()
    server.failed = 2

    done = run(server, "migrate", "Film", "--model", "cohere.embed-v4:0", "--yes")

    assert (done.code, changes(done.server)) == (3, ["POST /vectors"])
    assert "2 objects have no new vector" in done.err


def test_hits_that_differ_too_much_stop_before_the_switch(tmp_path: Path) -> None:
    queries = tmp_path / "queries.jsonl"
    queries.write_text('{"_id": "1", "text": "a ship"}\n')
    asked = ("migrate", "Film", "--model", "cohere.embed-v4:0", "--yes", "--keep-old", "--queries", str(queries))

    same = run(Server(), *asked)
    differing = run(Server(), *asked, "--least-overlap", "1.0")

    assert "overlap@10 1.00" in same.err
    assert (same.code, differing.code) == (0, 0)


def test_a_rebuild_can_be_undone_and_finished() -> None:
    server = Server()

    assert changes(run(server, "rebuild", "Film", "--shards", "3", "--finish").server) == [
        "POST /rebuild",
        "POST /rebuild/finish",
    ]
    assert changes(run(server, "rebuild", "Film", "--undo").server) == ["POST /rebuild/undo"]
    server.collection["former"] = {"index_number": 1}
    assert changes(run(server, "rebuild", "Film", "--finish").server) == ["POST /rebuild/finish"]
    assert run(server, "rebuild", "Film", "--undo", "--finish").code == 2


def test_the_default_vector_is_set_and_removed() -> None:
    chosen = run(Server(), "vectors", "default", "Film", "v2")
    removed = run(Server(), "vectors", "default", "Film")

    assert (chosen.server.body(), removed.server.body()) == ({"default_vector": "v2"}, {"default_vector": None})


def test_a_vector_is_added_and_followed() -> None:
    done = run(Server(), "vectors", "add", "Film", "v2", "--model", "cohere.embed-v4:0", "--model-region", "eu-west-1")

    assert done.code == 0, done.err
    [body] = [done.server.body(n) for n, each in enumerate(done.server.asked) if each.url.path.endswith("/vectors")]
    assert body["vectors"]["v2"]["region"] == "eu-west-1"
    assert any("/imports/" in each for each in done.server.paths)
