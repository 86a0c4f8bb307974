"""Updates by a filter under other writers and with little time, over an engine in memory."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.errors import (
    CollectionNotFoundError,
    EmbeddingTimeoutError,
    InvalidObjectError,
    InvalidRequestError,
    VersionConflictError,
)
from lambdas.objects.draft import WriteResult
from lambdas.objects.model import ObjectInput
from lambdas.objects.store import WriteContext
from lambdas.opensearch import IndexMissingError
from lambdas.selection import updater as module
from lambdas.selection.request import UpdateRequest
from lambdas.selection.updater import Updater
from tests.builders import collection

OLD = {"property": "year", "operator": "less_than", "value": 2000}


def request(**fields: Any) -> UpdateRequest:
    return UpdateRequest.model_validate({"filter": OLD, "set": {"plot": "new"}} | fields)


class Engine:
    """Documents with versions. A document matches while its year is below 2000."""

    def __init__(self, count: int) -> None:
        self.documents: dict[str, dict[str, Any]] = {
            str(UUID(int=number)): {"year": 1990, "title": "x"} for number in range(1, count + 1)
        }
        self.versions = dict.fromkeys(self.documents, 1)
        self.written: list[str] = []
        self.before_write: Callable[[], None] = lambda: None
        self.late: set[str] = set()
        self.took = 1
        self.collection = FILMS

    def newer(self, known: Collection) -> Collection | None:
        return None if known == self.collection else self.collection

    def move(self) -> None:
        """The collection gets another generation, as by a vector that is added or by the end of a rebuild."""
        self.collection = self.collection.model_copy(update={"generation": self.collection.generation + 1})
        for each in self.versions:
            self.versions[each] += 1000

    def request(self, _: str, path: str, body: Any = None, **__: Any) -> Any:
        if path.split("/")[1] != self.collection.alias:
            raise IndexMissingError("no such index")
        if path.endswith("/_refresh"):
            return {}
        conditions = body["query"]["bool"]["filter"]
        after = next((each["range"]["id"]["gt"] for each in conditions if "id" in each.get("range", {})), "")
        chosen: Sequence[str] = next(
            (each["ids"]["values"] for each in conditions if "ids" in each), sorted(self.documents)
        )
        found = [each for each in chosen if each > after and self.documents.get(each, {}).get("year", 2000) < 2000]
        hits = [
            {
                "_id": each,
                "_primary_term": 1,
                "_seq_no": self.versions[each],
                "_source": {"properties": dict(self.documents[each])},
            }
            for each in found[: body["size"]]
        ]
        counted = {"total": {"value": len(found)}} if body["track_total_hits"] else {}
        return {"took": self.took, "hits": {**counted, "hits": hits}}

    def change(self, object_id: str, **properties: Any) -> None:
        """Another request changes a document."""
        self.documents[object_id] |= properties
        self.versions[object_id] += 1

    def write(self, _: Any, objects: Sequence[ObjectInput], **__: Any) -> list[WriteResult]:
        self.before_write()
        return [self._write(each) for each in objects]

    def _write(self, item: ObjectInput) -> WriteResult:
        if item.id in self.late:
            return WriteResult(item.id, "failed", EmbeddingTimeoutError("late"))
        if item.id not in self.documents or item.if_version != f"1.{self.versions[item.id]}":
            return WriteResult(item.id, "failed", VersionConflictError("changed"))
        self.documents[item.id] = dict(item.properties)
        self.versions[item.id] += 1
        self.written.append(item.id)
        return WriteResult(item.id, "updated")


FILMS = collection(
    properties=[{"name": name, "type": "text"} for name in ("title", "plot")] + [{"name": "year", "type": "int"}]
)


def update(engine: Engine, seconds: float = 60, **fields: Any) -> Any:
    updater = Updater(engine, engine, newer=engine.newer)  # type: ignore[arg-type]
    return updater.update(FILMS, request(**fields), WriteContext(Deadline.after(seconds)))


def test_all_that_match_are_updated_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    engine = Engine(10)
    engine.documents[str(UUID(int=4))]["year"] = 2001
    engine.documents[str(UUID(int=5))]["plot"] = "new"

    done = update(engine)

    assert (done.matches, done.updated, done.unchanged, done.failed, done.next) == (9, 8, 1, 0, None)
    assert len(set(engine.written)) == len(engine.written) == 8
    assert [each.get("plot") for each in engine.documents.values()].count("new") == 9


def test_a_change_of_another_writer_is_kept_and_updated() -> None:
    engine = Engine(3)
    second, third = str(UUID(int=2)), str(UUID(int=3))

    def others() -> None:
        engine.before_write = lambda: None
        engine.change(second, title="theirs")
        engine.change(third, year=2020)

    engine.before_write = others
    done = update(engine)

    assert engine.documents[second] == {"year": 1990, "title": "theirs", "plot": "new"}
    # It does not match any more.
    assert engine.documents[third] == {"year": 2020, "title": "x"}
    assert (done.updated, done.failed) == (2, 0)


def test_an_object_that_is_deleted_meanwhile_stays_deleted() -> None:
    engine = Engine(2)

    def delete() -> None:
        engine.documents.pop(str(UUID(int=1)), None)

    engine.before_write = delete

    done = update(engine)

    assert (list(engine.documents), done.updated, done.failed) == ([str(UUID(int=2))], 1, 0)


def test_an_object_that_others_change_all_the_time_is_named() -> None:
    engine = Engine(2)
    first = str(UUID(int=1))
    engine.before_write = lambda: engine.change(first, title="again")

    done = update(engine)

    assert [(each.id, each.status, each.error.code) for each in done.objects] == [(first, "failed", "version_conflict")]
    assert (done.updated, done.failed) == (1, 1)


def test_a_request_continues_where_the_last_one_ended() -> None:
    engine = Engine(5)

    first = update(engine, limit=2)
    second = update(engine, limit=2, after=first.next)
    third = update(engine, limit=2, after=second.next)

    assert [each.updated for each in (first, second, third)] == [2, 2, 1]
    assert [each.matches for each in (first, second, third)] == [5, 3, 1]
    assert third.next is None


def test_without_time_a_page_is_the_last_of_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    engine = Engine(5)

    done = update(engine, seconds=module.LEAST_SECONDS - 1)

    assert (done.updated, done.next) == (2, str(UUID(int=2)))


def test_a_filter_that_is_costly_to_search_is_updated_by_several_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    engine = Engine(7)
    engine.took = int(module.MOST_ENGINE_SECONDS * 1000 / 2)

    first = update(engine)
    second = update(engine, after=first.next)

    assert (first.matches, first.updated, first.next) == (7, 4, str(UUID(int=4)))
    assert (second.updated, second.next) == (3, None)


def test_objects_that_were_not_embedded_in_time_are_left_for_the_next_request() -> None:
    engine = Engine(4)
    engine.late = {str(UUID(int=number)) for number in (3, 4)}

    done = update(engine)
    assert (done.updated, done.failed, done.next) == (2, 0, str(UUID(int=2)))

    # Not even the first one: it has failed, and the next request goes on behind it.
    again = update(engine, after=done.next)
    assert ([each.id for each in again.objects], again.next) == ([str(UUID(int=3))], str(UUID(int=3)))


def test_an_update_goes_on_in_the_index_that_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    engine = Engine(10)

    def move_before_the_second_page() -> None:
        if len(engine.written) >= 3:
            engine.before_write = lambda: None
            engine.move()

    engine.before_write = move_before_the_second_page

    done = update(engine)

    assert (done.matches, done.updated, done.failed, done.next) == (10, 10, 0, None)
    assert all(each["plot"] == "new" for each in engine.documents.values())


def test_an_update_goes_on_when_the_index_moves_between_two_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    engine = Engine(7)
    write = engine.write

    def write_and_move(known: Any, objects: Sequence[ObjectInput], **how: Any) -> list[WriteResult]:
        results = write(known, objects, **how)
        engine.move()
        return results

    monkeypatch.setattr(engine, "write", write_and_move)

    assert (update(engine).updated, len(engine.written)) == (7, 7)


@pytest.mark.parametrize("created_again", [False, True])
def test_an_update_ends_where_its_collection_was_deleted(
    monkeypatch: pytest.MonkeyPatch, *, created_again: bool
) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    engine = Engine(7)
    write = engine.write

    def gone(_: Collection) -> Collection:
        raise CollectionNotFoundError("gone")

    def write_and_delete(known: Any, objects: Sequence[ObjectInput], **how: Any) -> list[WriteResult]:
        results = write(known, objects, **how)
        engine.collection = FILMS.model_copy(update={"created": FILMS.created + timedelta(seconds=1)})
        if not created_again:
            monkeypatch.setattr(engine, "newer", gone)
        return results

    monkeypatch.setattr(engine, "write", write_and_delete)

    done = Updater(engine, engine, newer=engine.newer).update(  # type: ignore[arg-type]
        FILMS, request(), WriteContext(Deadline.after(60))
    )

    assert (done.updated, done.failed, done.next, len(engine.written)) == (3, 0, None, 3)


def test_a_dry_run_counts_and_writes_nothing() -> None:
    engine = Engine(3)

    done = update(engine, dry_run=True, verbose=True)

    assert (done.matches, done.updated, [each.status for each in done.objects]) == (3, 0, ["dry_run"] * 3)
    assert engine.written == []


@pytest.mark.parametrize(
    "change", [{"set": {"year": "x"}}, {"set": {"nothing": 1}}, {"set": None, "merge": {"year": 0.5}}]
)
def test_a_value_that_fits_no_object_changes_nothing(change: dict[str, Any]) -> None:
    engine = Engine(1)

    with pytest.raises(InvalidObjectError):
        update(engine, **change)
    assert engine.written == []


@pytest.mark.parametrize("change", [{"set": None}, {"merge": {"plot": "b"}}, {"set": {}}])
def test_either_set_or_merge_is_given(change: dict[str, Any]) -> None:
    with pytest.raises((ValueError, InvalidRequestError)):
        request(**change)
