"""The settings of searches that came to the API later: skipped by a server that has none of them yet."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

import alto
from alto.classes.config import Configure, DataType, Property
from alto.classes.query import BM25Operator, MetadataQuery, Move
from tests.api import Api
from tests.api_server import ApiServer
from tests.builders import FILMS

pytest.importorskip("lambdas.search.modes", reason="this server has no near_object, thresholds and operators yet")


@pytest.fixture(scope="module")
def films(api: Api) -> Iterator[Any]:
    with ApiServer(api) as server, alto.connect_to_local(port=server.port) as client:
        collection = client.collections.create(
            f"Film{uuid4().hex[:8]}",
            properties=[
                Property(name="title", data_type=DataType.TEXT),
                Property(name="description", data_type=DataType.TEXT),
                Property(name="year", data_type=DataType.INT),
            ],
            vector_config=Configure.Vectors.text2vec_aws_bedrock(
                region="us-east-1", model="amazon.titan-embed-text-v2:0", dimensions=256
            ),
        )
        assert not collection.data.insert_many(FILMS).has_errors
        yield collection
        client.collections.delete(collection.name)


def titles(found: Any) -> list[str]:
    return [each.properties["title"] for each in found.objects]


def test_an_object_is_nearest_to_itself(films: Any) -> None:
    [carol] = films.query.bm25("ghosts").objects

    found = films.query.near_object(carol.uuid, limit=2)

    assert titles(found) == ["A Christmas Carol", "Jingle All the Way"]


def test_a_distance_keeps_what_is_farther_away(films: Any) -> None:
    near, far = films.query.near_text("A holiday film", limit=2).objects
    between = (near.metadata.distance + far.metadata.distance) / 2

    assert titles(films.query.near_text("A holiday film", distance=between)) == [near.properties["title"]]
    assert titles(films.query.near_text("A holiday film", certainty=1 - between / 2)) == [near.properties["title"]]


def test_a_move_brings_concepts_nearer(films: Any) -> None:
    def certainty(**settings: Any) -> float:
        found = films.query.near_text("a film", **settings).objects
        value: float = next(each.metadata.certainty for each in found if each.properties["title"] == "The Godfather")
        return value

    mafia = "The head of a crime family hands his empire to a son"
    assert certainty(move_to=Move(force=1, concepts=mafia)) > certainty()
    assert certainty(move_away=Move(force=1, concepts=[mafia])) < certainty()


def test_operators_say_how_many_words_count(films: Any) -> None:
    def found(operator: Any) -> int:
        return len(films.query.bm25("christmas ghosts", operator=operator).objects)

    assert found(BM25Operator.or_()) == 2
    assert found(BM25Operator.or_(minimum_match=2)) == found(BM25Operator.and_cross()) == 1


def test_a_score_is_explained_if_asked_for(films: Any) -> None:
    plain = films.query.hybrid("christmas", limit=1).objects[0].metadata
    asked = (
        films.query.hybrid("christmas", limit=1, return_metadata=MetadataQuery(explain_score=True)).objects[0].metadata
    )

    assert plain.explain_score is None
    legs = json.loads(asked.explain_score)["legs"]
    assert sum(leg["contribution"] for leg in legs) == pytest.approx(asked.score, abs=1e-4)


def test_auto_limit_cuts_at_a_jump(films: Any) -> None:
    assert len(films.query.near_text("A holiday film", auto_limit=1).objects) < 5
