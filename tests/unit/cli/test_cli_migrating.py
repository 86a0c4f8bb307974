"""The commands that bring a collection to another model or index: their requests, in order, and what they say."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.command_line import FakeAlto, Outcome, alto, error, reply

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
MIGRATE = ("migrate", "Film", "--model", "cohere.embed-v4:0", "--yes")
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
        self.hits: dict[str, list[str]] = {}
        self.refuses: httpx.Response | None = None

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
                return self.refuses or reply({"collection": self.collection, "jobs": {"new": self.job("fill")}}, 202)
            case "POST", "/search":
                vector = json.loads(request.content)["near_text"]["target_vector"]
                return reply({"objects": [{"id": each} for each in self.hits.get(vector, ["a", "b"])]})
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


def test_a_migration_that_was_interrupted_while_it_dropped_the_old_vector_goes_on() -> None:
    server = Server(default=TITAN, cohere_embed_v4=COHERE)
    server.collection |= {"default_vector": "cohere_embed_v4", "rebuild": {"job": JOB_ID, "index_number": 2}}
    dropping = run(server, *MIGRATE)
    server.collection |= {"rebuild": None, "former": {"index_number": 1}, "vectors": {"cohere_embed_v4": COHERE}}
    dropped = run(server, *MIGRATE)
    kept = run(server, *MIGRATE, "--keep-old")
    server.collection["former"] = None
    done = run(server, *MIGRATE)

    assert [each.code for each in (dropping, dropped, kept, done)] == [0, 0, 0, 0]
    assert changes(dropping.server) == changes(dropped.server) == ["POST /rebuild/finish"]
    assert changes(kept.server) == changes(done.server) == []


def test_a_migration_that_ended_before_its_drop_is_told_how_to_drop() -> None:
    server = Server(default=TITAN, cohere_embed_v4=COHERE)
    server.collection["default_vector"] = "cohere_embed_v4"

    done = run(server, *MIGRATE)
    dropped = run(server, *MIGRATE, "--old", "default")

    assert (done.code, changes(done.server)) == (0, [])
    assert "To drop 'default', repeat the command with --old default" in done.err
    assert changes(dropped.server) == ["PATCH ", "POST /rebuild", "POST /rebuild/finish"]


def test_the_model_that_searches_use_already_is_not_paid_for_again() -> None:
    done = run(Server(default=COHERE), *MIGRATE)

    assert (done.code, changes(done.server)) == (0, [])
    assert "Searches use 'default' already" in done.err


@pytest.mark.parametrize(
    ("vectors", "options", "name"),
    [
        # Another length, or other texts: not the vector that is asked for.
        ({"default": TITAN, "cohere_embed_v4": COHERE}, ("--dimensions", "512"), "cohere_embed_v4_2"),
        ({"default": TITAN, "plots": COHERE | {"source_properties": ["plot"]}}, (), "cohere_embed_v4"),
        ({"default": COHERE}, ("--dimensions", "512"), "cohere_embed_v4"),
    ],
)
def test_a_vector_with_other_settings_is_not_taken_for_the_new_one(
    vectors: dict[str, Any], options: tuple[str, ...], name: str
) -> None:
    server = Server(**vectors)
    server.collection["default_vector"] = "default"

    done = run(server, *MIGRATE, *options, "--keep-old")

    [body] = [done.server.body(n) for n, each in enumerate(done.server.asked) if each.url.path.endswith("/vectors")]
    assert list(body["vectors"]) == [name]


@pytest.mark.parametrize(
    ("state", "options", "code", "said"),
    [
        ({}, ("--vector-name", "v2"), 2, "model: amazon.titan-embed-text-v2:0, not cohere.embed-v4:0"),
        ({}, ("--old", "v3"), 2, "--old v3: Film has no such vector, but default, v2"),
        ({"default_vector": None, "vectors": {"a": TITAN, "b": TITAN}}, (), 2, "name the one to replace with --old"),
        ({"former": {"index_number": 1}}, (), 1, "alto rebuild Film --finish, or say --keep-old"),
        ({"rebuild": {"job": JOB_ID, "index_number": 2}}, (), 1, "A rebuild of Film is under way"),
        ({"default_vector": None, "vectors": {}}, ("--queries", "QUERIES"), 2, "no vector to compare with"),
        ({}, ("--judgements", "QUERIES"), 2, "add --queries FILE"),
        ({}, ("--queries", "missing.jsonl"), 1, "missing.jsonl"),
    ],
)
def test_what_would_stop_a_migration_stops_it_before_it_is_paid_for(
    tmp_path: Path, state: dict[str, Any], options: tuple[str, ...], code: int, said: str
) -> None:
    queries = tmp_path / "queries.jsonl"
    queries.write_text('{"_id": "1", "text": "a ship"}\n')
    server = Server(default=TITAN, v2=TITAN | {"dimensions": 512})
    server.collection |= {"default_vector": "default"} | state

    done = run(server, *MIGRATE, *(str(queries) if each == "QUERIES" else each for each in options))

    assert (done.code, changes(done.server)) == (code, [])
    assert said in done.err


def test_a_collection_that_has_no_vector_gets_one() -> None:
    server = Server()
    server.collection["vectors"] = {}

    done = run(server, *MIGRATE)

    assert (done.code, changes(done.server)) == (0, ["POST /vectors", "PATCH "])
    assert "from no vector to 'cohere_embed_v4'" in done.err


def test_vectors_that_alto_cannot_make_again_are_named_before_they_are_dropped() -> None:
    done = run(Server(default={"vectorizer": "none", "dimensions": 4}), *MIGRATE)

    assert "the vector 'default' is dropped, which Alto cannot make again: it is your own" in done.err


def test_a_migration_keeps_to_the_collection_of_its_alias() -> None:
    server = Server()

    def by_alias(request: httpx.Request) -> httpx.Response:
        return reply(server.collection) if request.url.path == "/v1/collections/Films" else server(request)

    done = alto("migrate", "Films", *MIGRATE[2:], replies=(by_alias,) * 40)

    assert [each for each in done.server.paths if "Films" in each] == ["GET /v1/collections/Films"]
    assert changes(done.server) == ["POST /vectors", "PATCH ", "POST /rebuild", "POST /rebuild/finish"]


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
    queries, judged = tmp_path / "queries.jsonl", tmp_path / "qrels.tsv"
    queries.write_text('{"_id": "1", "text": "a ship"}\n')
    judged.write_text("1\ta\t1\n")
    asked = (*MIGRATE, "--keep-old", "--queries", str(queries), "--judgements", str(judged))
    server = Server()

    same = run(server, *asked, "--least-overlap", "1.0")
    server.hits["cohere_embed_v4"] = ["b", "c"]
    differing = run(server, *asked, "--least-overlap", "0.6")
    enough = run(server, *asked, "--least-overlap", "0.5")

    assert (same.code, differing.code, enough.code) == (0, 1, 0)
    assert "overlap@10 1.00" in same.err
    assert "nDCG@10 of 1 judged queries: 'default' 1.000, 'cohere_embed_v4' 0.000" in differing.err
    assert "The overlap is 0.50, below 0.6: nothing was switched" in differing.err
    assert [each for each in changes(differing.server) if each != "POST /search"] == ["POST /vectors"]


def test_a_refusal_before_the_fill_leaves_the_default_as_it_was() -> None:
    server = Server()
    server.refuses = error(400, "invalid_request", {"field": "vectors.new.model", "message": "is not known"})

    done = run(server, *MIGRATE)

    assert (done.code, changes(done.server)) == (1, ["POST /vectors"])
    assert "is not known" in done.err


@pytest.mark.parametrize("state", ["failed", "cancelled", "incomplete"])
def test_a_fill_that_ends_early_stops_before_the_switch(state: str) -> None:
    server = Server()
    server.state = state

    done = run(server, *MIGRATE)

    assert (done.code, changes(done.server)) == (1, ["POST /vectors"])
    assert f"The fill is {state}. To go on: alto imports resume {JOB_ID} --follow" in done.err


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
