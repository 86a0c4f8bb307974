"""Reading objects by id, over the documents of a stub."""

from collections.abc import Sequence
from typing import Any

import pytest

from lambdas.errors import ObjectNotFoundError
from lambdas.objects.keys import name_object
from lambdas.objects.reader import ObjectReader
from lambdas.opensearch import DocumentMissingError
from tests.builders import NOW, collection

FILMS = collection()
A, B = (f"00000000-0000-0000-0000-00000000000{digit}" for digit in "ab")


class Store:
    """Holds the film A. Remembers the parameters of each request."""

    def __init__(self) -> None:
        self.parameters: list[Any] = []

    def request(self, method: str, path: str, params: dict[str, str]) -> Any:
        assert method == "GET"
        self.parameters.append(params)
        if not path.endswith(A):
            raise DocumentMissingError("gone")
        return self._found(A)

    def get_many(self, index: str, ids: Sequence[str], params: dict[str, str]) -> list[Any]:
        assert index == FILMS.alias
        self.parameters.append(params)
        return [self._found(each) if each == A else {"_id": each, "found": False} for each in ids]

    def _found(self, name: str) -> dict[str, Any]:
        source = {"properties": {"title": "Up"}, "created": NOW.isoformat(), "updated": NOW.isoformat()}
        return {"_id": name, "found": True, "_seq_no": 1, "_primary_term": 1, "_source": source}


@pytest.fixture
def store() -> Store:
    return Store()


def reader(store: Store) -> ObjectReader:
    return ObjectReader(store)  # type: ignore[arg-type]


def test_an_object_is_read_without_its_hidden_parts(store: Store) -> None:
    found = reader(store).get(FILMS, name_object("Film", A))

    assert (str(found.id), found.properties) == (A, {"title": "Up"})
    assert store.parameters == [{"_source_excludes": "id,lengths,text_hash,passages,vectors"}]


def test_vectors_are_read_when_they_are_asked_for(store: Store) -> None:
    reader(store).get(FILMS, name_object("Film", A), vectors=True)

    assert store.parameters == [{"_source_excludes": "id,lengths,text_hash,passages"}]


def test_a_missing_object_is_an_error_with_its_id(store: Store) -> None:
    with pytest.raises(ObjectNotFoundError, match=B):
        reader(store).get(FILMS, name_object("Film", B))


@pytest.mark.parametrize(("name", "exists"), [(A, True), (B, False)])
def test_existence_needs_no_content(store: Store, name: str, exists: bool) -> None:
    assert reader(store).exists(FILMS, name_object("Film", name)) is exists
    assert store.parameters == [{"_source": "false"}]


def test_several_are_read_at_once_and_missing_ones_are_listed(store: Store) -> None:
    found = reader(store).get_many(FILMS, [B, A, "my-key"])

    assert [str(each.id) for each in found.objects] == [A]
    assert found.missing == [B, "my-key"]
