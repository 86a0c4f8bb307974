"""Repairing vectors, over a search response and a writer that remembers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from lambdas.deadline import Deadline
from lambdas.embedding.text import object_text, text_hash
from lambdas.errors import ModelThrottledError, VersionConflictError
from lambdas.objects.draft import WriteResult
from lambdas.objects.model import ObjectInput
from lambdas.objects.repair import RepairRequest, RepairResult, VectorRepairer
from lambdas.objects.store import WriteContext
from tests.builders import OWN, TITAN, collection

FILMS = collection(vectors={"default": TITAN, "own": OWN})
IDS = [f"00000000-0000-0000-0000-00000000000{digit}" for digit in "abc"]


def hit(name: str, title: str, vector: list[float], hashed: str | None = None) -> dict[str, Any]:
    """A stored film, with the hash of its own text unless another text is given."""
    text = object_text(FILMS.made_by_alto["default"], "Film", FILMS.properties, {"title": hashed or title})
    return {
        "_id": name,
        "_seq_no": 7,
        "_primary_term": 1,
        "_source": {
            "properties": {"title": title},
            "vectors": {"default": vector, "own": [1.0, 0.0, 0.0]},
            "text_hash": {"default": text_hash(FILMS.made_by_alto["default"], text)},
        },
    }


class World:
    """OpenSearch, the embedder and the writer of one repair: every text has the vector [1, 0]."""

    def __init__(self, *hits: dict[str, Any], failing: str = "", conflict: str = "") -> None:
        self.hits = list(hits)
        self.failing = failing
        self.conflict = conflict
        self.searched: list[Any] = []
        self.written: list[ObjectInput] = []

    def request(self, method: str, path: str, body: Any) -> Any:
        assert (method, path) == ("POST", f"/{FILMS.alias}/_search")
        self.searched.append(body)
        return {"hits": {"hits": self.hits[: body["size"]]}}

    def embed_documents(self, config: Any, texts: Sequence[str], **_: Any) -> list[Any]:
        assert config is FILMS.made_by_alto["default"]
        return [ModelThrottledError("busy") if self.failing and self.failing in text else [1.0, 0.0] for text in texts]

    def write(self, _: Any, objects: Sequence[ObjectInput], **settings: Any) -> list[WriteResult]:
        assert settings["reuse_vectors"] is False
        self.written += objects
        return [
            WriteResult(each.id, "failed", VersionConflictError("changed"))
            if each.id == self.conflict
            else WriteResult(each.id, "updated")
            for each in objects
        ]

    def repair(self, **request: Any) -> RepairResult:
        repairer = VectorRepairer(self, self, self)  # type: ignore[arg-type]
        return repairer.repair(FILMS, RepairRequest(**request), WriteContext(Deadline.after(60)))


def test_the_vector_of_another_text_is_replaced_and_a_right_one_is_kept() -> None:
    world = World(hit(IDS[0], "Up", [0.0, 1.0]), hit(IDS[1], "Heat", [0.9999, 0.001]))

    result = world.repair()

    assert (result.checked, result.wrong, result.repaired, result.failed) == (2, [IDS[0]], 1, [])
    assert world.written == [ObjectInput(IDS[0], {"title": "Up"}, {"own": [1.0, 0.0, 0.0]}, if_version="1.7")]


def test_a_vector_whose_hash_is_of_another_text_is_wrong() -> None:
    assert World(hit(IDS[0], "Up", [1.0, 0.0], hashed="Down")).repair().wrong == [IDS[0]]


def test_a_vector_of_an_object_without_text_is_wrong() -> None:
    assert World(hit(IDS[0], " ", [1.0, 0.0], hashed="Up")).repair().wrong == [IDS[0]]


def test_a_zero_vector_is_wrong() -> None:
    assert World(hit(IDS[0], "Up", [0.0, 0.0])).repair().wrong == [IDS[0]]


def test_vectors_that_a_caller_sent_are_not_checked() -> None:
    sent = hit(IDS[0], "Up", [0.0, 1.0])
    sent["_source"]["text_hash"] = {}

    assert World(sent).repair().wrong == []


def test_a_dry_run_changes_nothing() -> None:
    world = World(hit(IDS[0], "Up", [0.0, 1.0]))

    result = world.repair(dry_run=True)

    assert (result.wrong, result.repaired, world.written) == ([IDS[0]], 0, [])


def test_an_object_that_cannot_be_embedded_is_reported_and_kept() -> None:
    world = World(hit(IDS[0], "Up", [0.0, 1.0]), failing="Up")

    result = world.repair()

    assert [(each.id, each.error.code) for each in result.failed] == [(IDS[0], ModelThrottledError.code)]
    assert (result.wrong, world.written) == ([], [])


def test_an_object_that_is_written_meanwhile_is_reported_as_failed() -> None:
    world = World(hit(IDS[0], "Up", [0.0, 1.0]), hit(IDS[1], "Heat", [0.0, 1.0]), conflict=IDS[0])

    result = world.repair()

    assert [(each.id, each.error.code) for each in result.failed] == [(IDS[0], VersionConflictError.code)]
    assert (result.wrong, result.repaired) == (IDS[:2], 1)


@pytest.mark.parametrize(("limit", "following"), [(2, IDS[1]), (3, None)])
def test_a_page_names_its_last_id_while_there_are_more(limit: int, following: str | None) -> None:
    world = World(*(hit(name, "Up", [1.0, 0.0]) for name in IDS))

    result = world.repair(limit=limit, after=UUID(int=1))

    assert (result.checked, result.next) == (limit, following)
    assert world.searched[0]["search_after"] == [str(UUID(int=1))]
