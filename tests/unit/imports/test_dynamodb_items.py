import pytest

from lambdas.jobs.dynamodb_items import attributes, values


def test_an_item_is_read_as_it_was_written() -> None:
    item = {"s": "", "n": 12, "yes": True, "none": None, "list": ["a", 1, {"deep": [0]}], "map": {}, "big": 10**30}

    stored = attributes(item)

    assert stored["n"] == {"N": "12"}
    assert values(stored) == item
    assert type(values(stored)["n"]) is int


def test_an_item_cannot_hold_a_float() -> None:
    with pytest.raises(TypeError, match="Float"):
        attributes({"n": 1.5})
