"""Collections are created, changed and deleted once, also when a response of OpenSearch is lost."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.lock import LOCK_INDEX
from lambdas.collections.model import CollectionUpdate
from lambdas.collections.properties import Property
from lambdas.collections.registry import CollectionRegistry
from lambdas.deadline import Deadline
from lambdas.errors import CollectionNotFoundError, InvalidRequestError, SearchEngineUnavailableError
from lambdas.opensearch import (
    DocumentMissingError,
    EffectUnknownError,
    IndexExistsError,
    IndexMissingError,
    WriteConflictError,
)
from tests.builders import collection_config

INDEX = "/alto-film-000001"


class FakeEngine:
    """Indices with aliases and mappings, and the documents of the locks; the response to one request may be lost."""

    def __init__(self) -> None:
        self.indices: dict[str, dict[str, Any]] = {}
        self.locks: dict[str, tuple[int, Any]] = {}
        self.has_locks = False
        self.writes = 0
        # The request whose response is lost, and whether it has an effect.
        self.lost: tuple[str, bool] | None = None
        self.before: Callable[[str], None] = lambda _: None
        self.sent: list[str] = []

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        timeout: float = 20.0,
        *,
        repeat: bool | None = None,
    ) -> Any:
        said = f"{method} {path}"
        self.before(said)
        self.sent.append(said)
        if self.lost and re.search(self.lost[0], said):
            (_, has_effect), self.lost = self.lost, None
            if has_effect:
                self._carry_out(method, path, body, params or {})
            if not (repeat or method == "GET"):
                raise EffectUnknownError("lost")
        return self._carry_out(method, path, body, params or {})

    def _carry_out(self, method: str, path: str, body: Any, params: Mapping[str, str]) -> Any:
        _, index, kind, name, *_ = [*path.split("/"), "", "", ""]
        if index == LOCK_INDEX:
            return self._lock(method, name, body, params)
        if kind == "_alias":
            if self._index(index)["aliases"].pop(name, None) is None:
                raise DocumentMissingError("the alias is missing")
            return {}
        if kind == "_mapping":
            return self._mapping(method, index, body)
        if kind == "_settings":
            self._having(index)
        elif method == "PUT":
            if index in self.indices:
                raise IndexExistsError("exists")
            self.indices[index] = {"aliases": dict.fromkeys(body["aliases"], True), "mappings": body["mappings"]}
        elif method == "DELETE":
            self._index(index)
            del self.indices[index]
        return {}

    def _mapping(self, method: str, index: str, body: Any) -> Any:
        found = {each: self.indices[each]["mappings"] for each in self._having(index)}
        if method == "PUT":
            for mapping in found.values():
                mapping["_meta"] = body["_meta"]
        return {each: {"mappings": mapping} for each, mapping in found.items()}

    def _lock(self, method: str, name: str, body: Any, params: Mapping[str, str]) -> Any:
        if not name:
            if self.has_locks:
                raise IndexExistsError("exists")
            self.has_locks = True
            return {}
        if not self.has_locks:
            raise IndexMissingError("no locks")
        known = self.locks.get(name)
        if method == "GET":
            if known is None:
                raise DocumentMissingError("free")
            return {"_source": known[1], "_seq_no": known[0], "_primary_term": 1}
        expected = None if params.get("op_type") == "create" else int(params["if_seq_no"])
        if (known and known[0]) != expected:
            raise WriteConflictError("held")
        if method == "DELETE":
            del self.locks[name]
            return {}
        self.writes += 1
        self.locks[name] = (self.writes, body)
        return {"_seq_no": self.writes, "_primary_term": 1}

    def _having(self, name: str) -> list[str]:
        found = [each for each, index in self.indices.items() if each == name or name in index["aliases"]]
        if not found:
            raise IndexMissingError("missing")
        return found

    def _index(self, name: str) -> dict[str, Any]:
        if name not in self.indices:
            raise IndexMissingError("missing")
        return self.indices[name]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


def soon() -> Deadline:
    return Deadline.after(5.0)


def admin_of(engine: Any) -> CollectionAdmin:
    embedder: Any = None
    return CollectionAdmin(engine, CollectionRegistry(engine), embedder, "lucene")


def create(engine: FakeEngine) -> str:
    """The unique alias of a new collection Film."""
    return admin_of(engine).create(collection_config(), deadline=soon()).alias


def recreate(engine: FakeEngine) -> None:
    """Another function deletes the collection and creates it again."""
    engine.before = lambda _: None
    del engine.indices["alto-film-000001"]
    create(engine)


@pytest.mark.parametrize("has_effect", [True, False])
@pytest.mark.parametrize(
    "lost",
    [
        f"PUT /{LOCK_INDEX}$",
        f"PUT /{LOCK_INDEX}/",
        f"DELETE /{LOCK_INDEX}/",
        f"DELETE {INDEX}/_alias",
        f"DELETE {INDEX}$",
    ],
)
def test_a_deletion_whose_response_is_lost_succeeds(engine: FakeEngine, lost: str, *, has_effect: bool) -> None:
    create(engine)
    engine.lost = (lost, has_effect)

    admin_of(engine).delete("Film", deadline=soon())

    assert engine.lost is None
    assert engine.indices == {}
    assert engine.locks == {}


@pytest.mark.parametrize("has_effect", [True, False])
@pytest.mark.parametrize(
    "lost", [f"PUT /{LOCK_INDEX}$", f"PUT /{LOCK_INDEX}/", f"DELETE /{LOCK_INDEX}/", "PUT .*/_mapping"]
)
def test_a_change_whose_response_is_lost_succeeds_and_frees_the_lock(
    engine: FakeEngine, lost: str, *, has_effect: bool
) -> None:
    create(engine)
    engine.lost = (lost, has_effect)

    plot = Property.model_validate({"name": "plot", "type": "text"})
    assert admin_of(engine).add_property("Film", plot, deadline=soon()).property_named("plot")
    update = CollectionUpdate(description="later")

    assert engine.lost is None
    assert admin_of(engine).update("Film", update, deadline=soon()).description == "later"
    assert engine.locks == {}


def test_a_collection_that_was_created_without_a_response_is_a_success(engine: FakeEngine) -> None:
    engine.lost = (f"PUT {INDEX}", True)

    assert create(engine) in engine.indices["alto-film-000001"]["aliases"]


def test_a_creation_without_a_response_is_no_success_of_another_caller(engine: FakeEngine) -> None:
    other = create(engine)
    engine.lost = (f"PUT {INDEX}", False)

    with pytest.raises(EffectUnknownError):
        create(engine)

    assert other in engine.indices["alto-film-000001"]["aliases"]


@pytest.mark.parametrize("moment", [f"PUT /{LOCK_INDEX}/", f"DELETE {INDEX}/_alias"])
def test_a_deletion_never_meets_the_next_collection_of_the_name(engine: FakeEngine, moment: str) -> None:
    create(engine)
    engine.before = lambda said: recreate(engine) if said.startswith(moment) else None

    with pytest.raises(CollectionNotFoundError, match="just deleted"):
        admin_of(engine).delete("Film", deadline=soon())

    assert len(engine.indices) == 1
    assert f"DELETE {INDEX}" not in engine.sent


def test_a_lost_deletion_does_not_delete_the_next_collection(engine: FakeEngine) -> None:
    create(engine)
    engine.lost = (f"DELETE {INDEX}$", True)

    def others(said: str) -> None:
        # The deletion took effect; another caller creates the collection before that is read back.
        if said == "GET /alto-film/_mapping" and not engine.indices:
            engine.before = lambda _: None
            create(engine)

    engine.before = others
    admin_of(engine).delete("Film", deadline=soon())

    assert len(engine.indices) == 1
    assert engine.sent.count(f"DELETE {INDEX}") == 1


def test_a_deletion_that_stopped_half_way_is_finished_by_the_next(engine: FakeEngine) -> None:
    alias = create(engine)
    engine.request("DELETE", f"{INDEX}/_alias/{alias}")

    admin_of(engine).delete("Film", deadline=soon())

    assert engine.indices == {}


def test_deletions_are_made_one_after_the_other(engine: FakeEngine) -> None:
    create(engine)
    admin = admin_of(engine)

    def second(said: str) -> None:
        if said == f"DELETE {INDEX}":
            engine.before = lambda _: None
            with pytest.raises(SearchEngineUnavailableError, match="under way"):
                admin_of(engine).delete("Film", deadline=Deadline.after(0.05))

    engine.before = second
    admin.delete("Film", deadline=soon())

    assert engine.indices == {}


@pytest.mark.parametrize("index", [{"shards": 20, "replicas": 2}, {"shards": 14, "replicas": 2}])
def test_a_collection_of_too_many_shards_is_rejected(engine: FakeEngine, index: dict[str, int]) -> None:
    with pytest.raises(InvalidRequestError, match="and a collection may have 40") as caught:
        admin_of(engine).create(collection_config(index=index), deadline=soon())

    assert caught.value.details[0].field == "index"
    assert engine.indices == {}


def test_copies_count_when_they_change_and_when_the_stage_sets_them(engine: FakeEngine) -> None:
    name = admin_of(engine).create(collection_config(index={"shards": 20}), deadline=soon()).name
    more = CollectionUpdate.model_validate({"index": {"replicas": 2}})
    stage = CollectionAdmin(engine, CollectionRegistry(engine), None, "lucene", replicas=2)  # type: ignore[arg-type]

    with pytest.raises(InvalidRequestError, match="20 shards of 3 copies each are 60"):
        admin_of(engine).update(name, more, deadline=soon())
    with pytest.raises(InvalidRequestError, match="20 shards of 3 copies each are 60"):
        stage.create(collection_config(name="Other", index={"shards": 20}), deadline=soon())
