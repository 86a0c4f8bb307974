from collections.abc import Sequence
from time import perf_counter
from typing import Any
from uuid import UUID

import pytest

from lambdas.deadline import Deadline
from lambdas.errors import AltoError, InvalidRequestError, ModelThrottledError, ObjectNotFoundError
from lambdas.search.modes import Bm25, Hybrid, Mode, NearObject, NearText, NearVector
from lambdas.search.stopwatch import Stopwatch
from lambdas.search.vectors.query_vector import QueryVectors
from tests.builders import OWN, TITAN, collection

COHERE = {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": "cohere.embed-english-v3"}
BOOKS = collection(vectors={"plot": TITAN, "cover": COHERE, "own": OWN})
HERE, THERE, NOWHERE = (str(UUID(int=number)) for number in (1, 2, 3))
STORED = {HERE: {"own": [1.0, 0.0, 0.0]}, THERE: {"own": [0.0, 1.0, 0.0], "plot": [4.0, 0.0]}}


class Embedder:
    """Gives each text a vector of its length and the model's; notes every job."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, list[str]]] = []

    def embed_queries(self, config: Any, texts: Sequence[str], **_: Any) -> list[Any]:
        self.jobs.append((config.model, list(texts)))
        return [
            ModelThrottledError("The model is busy.")
            if text == "busy"
            else [float(len(text)), float(len(config.model))]
            for text in texts
        ]


class Engine:
    """Holds the vectors of two objects; notes every request."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []

    def request(self, _method: str, path: str, body: Any, _params: Any, _timeout: float) -> Any:
        assert path == f"/{collection().alias}/_search"
        self.bodies.append(body)
        wanted = body["query"]["ids"]["values"]
        return {
            "hits": {
                "hits": [
                    {"_id": key, "_source": {"vectors": vectors}} for key, vectors in STORED.items() if key in wanted
                ]
            }
        }


@pytest.fixture
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture
def engine() -> Engine:
    return Engine()


def vectors_of(engine: Any, embedder: Any, *modes: Mode | None) -> list[Any]:
    return QueryVectors(engine, embedder).compute_each(BOOKS, modes, Stopwatch(perf_counter), Deadline.after(10), None)


def test_texts_of_all_queries_go_to_each_model_in_one_job(engine: Engine, embedder: Embedder) -> None:
    both = {"vectors": ["plot", "cover"], "combine": "average"}
    found = vectors_of(
        engine,
        embedder,
        NearText.model_validate({"query": ["one", "three"], "target_vector": both}),
        NearText.model_validate({"query": "one", "target_vector": "plot"}),
        Hybrid.model_validate({"query": "seven", "target_vector": "plot"}),
    )

    assert sorted(embedder.jobs) == [
        ("amazon.titan-embed-text-v2:0", ["one", "three", "seven"]),
        ("cohere.embed-english-v3", ["one", "three"]),
    ]
    assert [dict(each.numbers) for each in found] == [
        {"plot": [4.0, 28.0], "cover": [4.0, 23.0]},
        {"plot": [3.0, 28.0]},
        {"plot": [5.0, 28.0]},
    ]
    assert engine.bodies == []


def test_objects_of_all_queries_are_read_at_once(engine: Engine, embedder: Embedder) -> None:
    found = vectors_of(
        engine,
        embedder,
        NearObject(id=HERE, target_vector="own"),
        Hybrid.model_validate(
            {
                "query": "x",
                "near_object": str(THERE),
                "target_vector": "own",
                "move_to": {"objects": [str(HERE), str(THERE)], "force": 1},
            }
        ),
    )

    assert [dict(each.numbers) for each in found] == [{"own": [1.0, 0.0, 0.0]}, {"own": [0.25, 0.75, 0.0]}]
    assert engine.bodies == [
        {
            "query": {"ids": {"values": [str(HERE), str(THERE)]}},
            "size": 2,
            "_source": {"includes": ["vectors.own"]},
        }
    ]
    assert embedder.jobs == []


def test_a_move_is_to_the_mean_of_its_texts_and_objects(engine: Engine, embedder: Embedder) -> None:
    move = {"concepts": ["ab"], "objects": [str(THERE)], "force": 1}

    [found] = vectors_of(
        engine, embedder, NearText.model_validate({"query": "abcd", "target_vector": "plot", "move_to": move})
    )

    assert dict(found.numbers) == {"plot": [(4 + (2 + 4) / 2) / 2, (28 + (28 + 0) / 2) / 2]}


def test_what_one_query_meets_is_not_the_others_error(engine: Engine, embedder: Embedder) -> None:
    found = vectors_of(
        engine,
        embedder,
        NearText(query="busy", target_vector="plot"),
        NearText(query="one", target_vector="plot"),
        NearText(query="one", target_vector="own"),
        NearObject(id=NOWHERE, target_vector="own"),
        NearObject(id=HERE, target_vector="plot"),
        NearVector(vector=[1.0], target_vector="own"),
        NearText(query="one", target_vector="none"),
        Bm25(query="one"),
        Hybrid(query="one", alpha=0),
        None,
    )

    assert [type(each) for each in found[:1]] == [ModelThrottledError]
    assert dict(found[1].numbers) == {"plot": [3.0, 28.0]}
    assert "the vector 'own' has no vectorizer" in found[2].message
    assert isinstance(found[3], ObjectNotFoundError)
    assert "has no vector 'plot'" in found[4].message
    assert "vectors.own: must have 3 numbers, not 1" in found[5].message
    assert "'none' is not a vector" in found[6].message
    assert found[7:] == [None, None, None]


def test_reading_an_object_is_the_engines_time_and_not_the_models(embedder: Any) -> None:
    ticks = iter(range(100))
    watch = Stopwatch(lambda: float(next(ticks)))

    class Slow(Engine):
        def request(self, *asked: Any) -> Any:
            for _ in range(10):
                next(ticks)
            return super().request(*asked)

    QueryVectors(Slow(), embedder).compute(  # type: ignore[arg-type]
        BOOKS, NearObject(id=HERE, target_vector="own"), watch, Deadline.after(10), None
    )

    profile = watch.stop(0)[1]
    assert profile.engine_ms - profile.embedding_ms == 10_000


def test_the_error_of_a_single_query_is_raised(engine: Any, embedder: Any) -> None:
    vectors = QueryVectors(engine, embedder)

    with pytest.raises(InvalidRequestError, match="has no vectorizer"):
        vectors.compute(
            BOOKS, NearText(query="one", target_vector="own"), Stopwatch(perf_counter), Deadline.after(10), None
        )


def test_an_engine_that_fails_is_the_error_of_those_that_need_it(embedder: Embedder) -> None:
    class Broken:
        @staticmethod
        def request(*_: Any) -> Any:
            raise AltoError("The engine is gone.")

    gone, fine = vectors_of(
        Broken(), embedder, NearObject(id=HERE, target_vector="own"), NearText(query="one", target_vector="plot")
    )

    assert gone.message == "The engine is gone."
    assert dict(fine.numbers) == {"plot": [3.0, 28.0]}
