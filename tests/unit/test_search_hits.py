from typing import Any

import pytest

from lambdas.search.hits import hits
from tests.builders import collection

ANSWER = {
    "hits": {
        "hits": [
            {"_id": "a", "_score": 0.75, "_source": {"properties": {"title": "Up"}, "vectors": {"default": [1, 0, 0]}}}
        ]
    }
}


def config_of(distance: str) -> Any:
    own = {"vectorizer": "none", "dimensions": 3, "index": {"distance": distance}}
    return collection(vectors={"default": own}).vectors["default"]


def test_a_hit_of_words_has_a_score_and_no_distance() -> None:
    [hit] = hits(ANSWER, None)

    assert (hit.id, hit.score, hit.distance, hit.certainty) == ("a", 0.75, None, None)
    assert hit.properties == {"title": "Up"}
    assert hit.vectors == {"default": [1, 0, 0]}


@pytest.mark.parametrize(
    ("distance", "score", "expected", "certainty"),
    [
        ("cosine", 0.75, 0.5, 0.75),
        ("dot", 3.0, -2.0, None),
        ("dot", 0.25, 3.0, None),
        ("l2_squared", 0.2, 4.0, None),
    ],
)
def test_a_distance_is_the_inverse_of_the_engines_score(
    distance: str, score: float, expected: float, certainty: float | None
) -> None:
    [hit] = hits({"hits": {"hits": [{"_id": "a", "_score": score}]}}, config_of(distance))

    assert hit.distance == pytest.approx(expected)
    assert hit.certainty == certainty
