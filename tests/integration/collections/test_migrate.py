"""`alto migrate` and its steps in Python, with a real OpenSearch, the functions and the model emulator."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

import alto
from alto.classes.config import Configure
from alto.cli.main import app
from tests.api import Api
from tests.api_server import ApiServer
from tests.functions import Functions

OLD = {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": "amazon.titan-embed-text-v2:0", "dimensions": 256}
TITLES = ("a ship at sea", "a dog in the snow", "the queen's garden", "war of two cities", "a letter from home")
COHERE = ("--model", "cohere.embed-v4:0", "--dimensions", "256", "--yes")
Body = dict[str, Any]


class Terminal:
    """Runs commands. While one waits for a job, the functions do the work; `before` is called first."""

    def __init__(self, port: int, functions: Functions, patch: pytest.MonkeyPatch) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._functions = functions
        self.before: Callable[[], None] = lambda: None
        waiting = SimpleNamespace(sleep=self._wait, monotonic=time.monotonic)
        patch.setattr("alto.cli.imports.following.time", waiting)

    def _wait(self, _: float) -> None:
        self.before()
        self._functions.work()

    def interrupt_next(self) -> None:
        """Ctrl-C the next time that a command waits."""

        def interrupt() -> None:
            self.before = lambda: None
            raise KeyboardInterrupt

        self.before = interrupt

    def migrate(self, name: str, *options: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["migrate", name, *options], env={"ALTO_URL": self._url})
        return done.exit_code, done.stderr


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[ApiServer]:
    with ApiServer(api) as running:
        yield running


@pytest.fixture
def terminal(server: ApiServer, functions: Functions, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(server.port, functions, monkeypatch)


@pytest.fixture
def make(api: Api) -> Iterator[Callable[..., str]]:
    """Creates collections of some films."""
    made: list[str] = []

    def create(count: int = 5, **more: Any) -> str:
        name = f"Film{random.randrange(10**9)}"
        properties = [{"name": "title", "type": "text"}]
        described = {"name": name, "properties": properties, "vectors": {"old": OLD}} | more
        assert api("POST", "/v1/collections", described).status == 201
        made.append(name)
        objects = [{"id": str(UUID(int=n + 1)), "properties": {"title": f"{TITLES[n % 5]} {n}"}} for n in range(count)]
        if count:
            path = f"/v1/collections/{name}/objects/batch"
            assert api("POST", path, {"objects": objects}, query={"consistency": "wait"}).body["failed"] == 0
        return name

    yield create
    for each in made:
        api("DELETE", f"/v1/collections/{each}")


def described(api: Api, name: str) -> Body:
    found: Body = api("GET", f"/v1/collections/{name}").body
    return found


def vectors_of(api: Api, name: str) -> list[list[str]]:
    query = {"limit": "200", "include_vectors": "true"}
    return [[*each["vectors"]] for each in api("GET", f"/v1/collections/{name}/objects", query=query).body["objects"]]


def test_a_migration_by_an_alias_compares_switches_and_drops(
    api: Api, make: Callable[..., str], terminal: Terminal, tmp_path: Path
) -> None:
    name, alias = make(), f"Films{uuid4().hex[:8]}"
    api("POST", "/v1/aliases", {"alias": alias, "collection": name})
    queries, judgements = tmp_path / "queries.jsonl", tmp_path / "qrels.tsv"
    queries.write_text('{"_id": "1", "text": "a ship at sea 0"}\n{"_id": "2", "text": "a dog in the snow 1"}\n')
    judgements.write_text(f"1\t{UUID(int=1)}\t1\n2\t{UUID(int=2)}\t1\n")

    code, said = terminal.migrate(alias, *COHERE, "--queries", str(queries), "--judgements", str(judgements))
    api("DELETE", f"/v1/aliases/{alias}")

    assert code == 0, said
    for line in (
        "objects  5",
        "tokens   about 24",
        "price    about 0.00 USD",
        "with a new account's quota: 300,000 tokens and 2,000 calls a minute",
        "The fill is completed: 5 loaded, 0 unchanged, 0 failed.",
        "Compared by 2 queries: overlap@10 1.00",
        "nDCG@10 of 2 judged queries: 'old' 1.000, 'cohere_embed_v4' 1.000",
        "Dropped 'old' and the index that had it.",
    ):
        assert line in said
    now = described(api, name)
    assert ([*now["vectors"]], now["default_vector"], now["former"]) == (["cohere_embed_v4"], "cohere_embed_v4", None)
    assert vectors_of(api, name) == [["cohere_embed_v4"]] * 5


def test_a_migration_goes_on_after_ctrl_c_in_each_of_its_jobs(
    api: Api, make: Callable[..., str], terminal: Terminal
) -> None:
    name = make()

    terminal.interrupt_next()
    filling = terminal.migrate(name, *COHERE)
    assert (filling[0], [*described(api, name)["filling"]]) == (130, ["cohere_embed_v4"])

    # The fill is done in the first wait; the next one is that for the rebuild.
    terminal.before = terminal.interrupt_next
    dropping = terminal.migrate(name, *COHERE)
    assert dropping[0] == 130, dropping[1]
    assert described(api, name)["rebuild"] is not None

    code, said = terminal.migrate(name, *COHERE)

    assert code == 0, said
    now = described(api, name)
    assert ([*now["vectors"]], now["rebuild"], now["former"]) == (["cohere_embed_v4"], None, None)
    assert vectors_of(api, name) == [["cohere_embed_v4"]] * 5
    assert terminal.migrate(name, *COHERE) == (
        0,
        "Searches use 'cohere_embed_v4' already.\n'cohere_embed_v4' is filled.\n",
    )


def test_a_migration_by_batch_inference_keeps_the_old_vector(
    api: Api, make: Callable[..., str], terminal: Terminal
) -> None:
    name = make(120)
    titan = ("--model", "amazon.titan-embed-text-v2:0", "--dimensions", "512", "--yes")

    code, said = terminal.migrate(name, *titan, "--batch", "--keep-old")

    assert code == 0, said
    assert "time     hours, by batch inference" in said
    assert "Kept 'old'" in said
    new = "amazon_titan_embed_text_v2"
    assert described(api, name)["default_vector"] == new
    assert vectors_of(api, name) == [[new, "old"]] * 120


def test_an_empty_collection_and_one_of_own_vectors_are_migrated(
    api: Api, make: Callable[..., str], terminal: Terminal
) -> None:
    empty = make(0)
    own = make(vectors={"old": {"vectorizer": "none", "dimensions": 4}})

    assert [terminal.migrate(each, *COHERE)[0] for each in (empty, own)] == [0, 0]

    assert [[*described(api, each)["vectors"]] for each in (empty, own)] == [["cohere_embed_v4"]] * 2
    assert vectors_of(api, own) == [["cohere_embed_v4"]] * 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--model", "nothing.embed-v9", "--yes"), "is not a model that Alto knows"),
        # Cohere v3 has one length only.
        (("--model", "cohere.embed-english-v3", "--dimensions", "77", "--yes"), "77"),
        (("--model", "cohere.embed-v4:0", "--batch", "--yes"), "batch"),
    ],
)
def test_a_refused_migration_changes_nothing(
    api: Api, make: Callable[..., str], terminal: Terminal, options: tuple[str, ...], said: str
) -> None:
    name = make(1)
    before = described(api, name)

    code, error = terminal.migrate(name, *options)

    assert (code, said in error) == (1, True), error
    assert described(api, name) == before


def test_the_same_steps_in_python(api: Api, make: Callable[..., str], server: ApiServer, functions: Functions) -> None:
    name = make()
    new = Configure.Vectors.text2vec_aws_bedrock(
        name="v2", model="cohere.embed-v4:0", region="us-east-1", dimensions=256
    )
    with alto.connect_to_local(port=server.port) as client:
        films = client.collections.use(name)
        before = [(each.uuid, each.metadata.score) for each in films.query.near_text("a ship").objects]

        planned = films.migration.plan(new)
        filling = films.migration.add(new)
        functions.work()
        assert client.imports.wait(filling).state == "completed"
        compared = films.migration.compare("old", "v2", {"1": "a ship"})
        films.migration.switch("v2")
        films.migration.rebuild(vectors={"old": None})
        functions.work()
        assert [*films.config.get().vector_config] == ["v2"]
        undoing = films.migration.undo()
        functions.work()
        assert undoing is not None
        films.migration.switch("old")

        assert (planned.objects, planned.old, planned.vector, planned.tokens) == (5, "old", "v2", 24)
        assert compared.overlap == 1.0
        assert [*films.config.get().vector_config] == ["old", "v2"]
        assert [(each.uuid, each.metadata.score) for each in films.query.near_text("a ship").objects] == before
