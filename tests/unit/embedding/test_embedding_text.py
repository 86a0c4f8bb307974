from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.text import object_text, text_hash
from lambdas.errors import NoTextError

CONFIG = Text2VecAws(vectorizer="text2vec-aws", region="us-east-1", model="amazon.titan-embed-text-v2:0")


@dataclass(frozen=True)
class Property:
    name: str
    type: str = "text"
    skip_vectorization: bool = False
    vectorize_property_name: bool = False


def changed(**settings: Any) -> Text2VecAws:
    return Text2VecAws.model_validate(CONFIG.model_dump() | settings)


def test_weaviates_own_example_gives_weaviates_own_text() -> None:
    properties = [
        Property("title"),
        Property("body"),
        Property("tags", "text[]"),
        Property("secret"),
        Property("namedProp"),
        Property("n", "int"),
    ]
    values = {
        "title": "The Title",
        "body": "Body TEXT",
        "tags": ["Tag A", "b"],
        "secret": "hide",
        "namedProp": "NP Val",
        "n": 7,
    }

    text = object_text(changed(vectorize_collection_name=True), "MyTitanOne", properties, values)

    assert text == "My Titan One Body TEXT NP Val hide Tag A b The Title"


def test_properties_come_in_the_order_of_their_code_points() -> None:
    properties = [Property("b"), Property("a"), Property("Z"), Property("a_b"), Property("aB")]

    assert object_text(CONFIG, "C", properties, {item.name: item.name for item in properties}) == "Z a aB a_b b"


def test_a_name_is_put_before_each_value_where_asked_for() -> None:
    properties = [Property("myProp", "text[]", vectorize_property_name=True)]

    assert object_text(CONFIG, "C", properties, {"myProp": ["Val", "Due"]}) == "my Prop Val my Prop Due"


def test_source_properties_may_be_numbers_booleans_and_dates() -> None:
    config = changed(source_properties=["when", "count", "share", "whole", "open", "many"])
    properties = [
        Property("when", "date"),
        Property("count", "int"),
        Property("share", "number"),
        Property("whole", "number"),
        Property("open", "boolean"),
        Property("many", "int[]"),
        Property("text"),
    ]
    values = {
        "when": datetime(2026, 1, 2, tzinfo=UTC),
        "count": 7,
        "share": 0.5,
        "whole": 3.0,
        "open": True,
        "many": [1, 2],
        "text": "left out",
    }

    assert object_text(config, "C", properties, values) == "7 1 2 true 0.5 2026-01-02T00:00:00+00:00 3"


def test_a_skipped_property_is_never_embedded_not_even_as_a_source() -> None:
    properties = [Property("title"), Property("secret", skip_vectorization=True)]
    values = {"title": "open", "secret": "hidden"}

    assert object_text(CONFIG, "C", properties, values) == "open"
    assert object_text(changed(source_properties=["title", "secret"]), "C", properties, values) == "open"


def test_absent_null_and_empty_values_leave_no_gap() -> None:
    properties = [Property("a"), Property("b"), Property("c"), Property("d")]

    assert object_text(CONFIG, "C", properties, {"a": "x", "b": "", "c": None, "d": "y"}) == "x y"


@pytest.mark.parametrize("values", [{}, {"title": ""}, {"title": "  "}, {"title": None}, {"n": 7}])
def test_an_object_without_text_is_told_which_properties_count(values: dict[str, Any]) -> None:
    config = changed(vectorize_collection_name=True)

    with pytest.raises(NoTextError, match="embedded are title"):
        object_text(config, "MyTitanOne", [Property("title"), Property("n", "int")], values)


def test_the_hash_is_short_and_stays_the_same() -> None:
    assert text_hash(CONFIG, "a") == text_hash(CONFIG, "a") == "f28233a1ba10487128a9dda472329144"


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "amazon.titan-embed-text-v1"},
        {"dimensions": 256},
        {"normalize": False},
        {"truncate": "end"},
    ],
)
def test_the_hash_changes_with_every_setting_that_changes_the_vector(settings: dict[str, Any]) -> None:
    assert text_hash(changed(**settings), "a") != text_hash(CONFIG, "a")


@pytest.mark.parametrize(
    "settings",
    [
        {"dimensions": 1024},
        {"normalize": True},
        {"model": "eu.amazon.titan-embed-text-v2:0"},
        {"region": "eu-west-1"},
        {"requests_per_minute": 5},
        {"index": {"distance": "dot"}},
        {"source_properties": ["title"]},
    ],
)
def test_the_hash_ignores_settings_that_do_not_change_the_vector(settings: dict[str, Any]) -> None:
    assert text_hash(changed(**settings), "a") == text_hash(CONFIG, "a")


def test_the_hash_knows_endpoints_apart() -> None:
    base = {"service": "sagemaker", "model": None, "endpoint": "e", "dimensions": 384}
    variants: list[dict[str, Any]] = [
        {},
        {"endpoint": "f"},
        {"region": "eu-west-1"},
        {"target_model": "m"},
        {"target_variant": "v"},
        {"inference_component": "c"},
        {"pooling": "mean"},
        {"payload": "text_inputs"},
        {"role_arn": "arn:aws:iam::123456789012:role/other-account"},
    ]

    assert len({text_hash(changed(**base | variant), "a") for variant in variants}) == len(variants)
