from collections.abc import Callable, Sequence
from typing import Any

import pytest

from lambdas.collections.index_body import index_body
from lambdas.collections.model import Collection
from lambdas.collections.registry import CACHE_SECONDS, CollectionRegistry
from lambdas.errors import CollectionNotFoundError, InvalidObjectError, InvalidRequestError, ObjectNotFoundError
from lambdas.objects.draft import WriteResult
from lambdas.objects.model import ObjectInput
from lambdas.objects.retrying_writer import StaleTolerantWriter
from lambdas.opensearch import IndexMissingError
from tests.builders import FILM_PROPERTIES, collection

OLD = collection()
NEW = collection(properties=[*FILM_PROPERTIES, {"name": "plot", "type": "text"}])


class FakeEngine:
    """Holds one collection, or none, and counts how often it is asked for."""

    def __init__(self) -> None:
        self.stored: Collection | None = OLD
        self.looks = 0

    def request(self, method: str, path: str, **_: Any) -> Any:
        assert (method, path) == ("GET", "/alto-film/_mapping")
        self.looks += 1
        if self.stored is None:
            raise IndexMissingError("gone")
        return {"alto-film-000001": {"mappings": index_body(self.stored, "lucene")["mappings"]}}


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def registry(engine: FakeEngine) -> CollectionRegistry:
    """Remembers the old collection."""
    registry = CollectionRegistry(engine, clock=lambda: 0.0)  # type: ignore[arg-type]
    registry.get("Film")
    engine.looks = 0
    return registry


def only_with_plot(error: Exception) -> Callable[[Collection], str]:
    def work(films: Collection) -> str:
        if films.property_named("plot") is None:
            raise error
        return "done"

    return work


def test_what_is_remembered_is_not_looked_up(engine: FakeEngine, registry: CollectionRegistry) -> None:
    assert registry.serve("film", lambda films: films.name) == "Film"
    assert engine.looks == 0


def test_a_collection_is_remembered_for_seconds(engine: FakeEngine) -> None:
    now = 0.0
    registry = CollectionRegistry(engine, clock=lambda: now)  # type: ignore[arg-type]
    registry.get("Film")
    now = CACHE_SECONDS - 0.1
    registry.get("Film")
    assert engine.looks == 1
    now = CACHE_SECONDS
    registry.get("Film")
    assert engine.looks == 2


@pytest.mark.parametrize("error", [IndexMissingError(""), InvalidRequestError(""), InvalidObjectError("")])
def test_what_fails_with_a_collection_of_before_is_done_with_that_of_now(
    engine: FakeEngine, registry: CollectionRegistry, error: Exception
) -> None:
    engine.stored = NEW

    assert registry.serve("Film", only_with_plot(error)) == "done"


@pytest.mark.parametrize("error", [InvalidRequestError("no"), ObjectNotFoundError("no")])
def test_what_fails_with_the_collection_of_now_is_done_once(registry: CollectionRegistry, error: Exception) -> None:
    calls = []

    def work(films: Collection) -> None:
        calls.append(films)
        raise error

    with pytest.raises(type(error)):
        registry.serve("Film", work)

    assert calls == [OLD]


def test_a_possibly_stale_result_is_repeated_only_for_a_new_collection(
    engine: FakeEngine, registry: CollectionRegistry
) -> None:
    def knows_plots(films: Collection) -> bool:
        return films.property_named("plot") is not None

    assert registry.serve("Film", knows_plots, lambda response: not response) is False
    engine.stored = NEW
    assert registry.serve("Film", knows_plots) is False
    assert registry.serve("Film", knows_plots, lambda response: not response) is True


def test_a_collection_that_must_be_current_is_read_once_before_work(
    engine: FakeEngine, registry: CollectionRegistry
) -> None:
    def lacks_plot(films: Collection) -> bool:
        return films.property_named("plot") is None

    engine.stored = NEW
    assert registry.serve("Film", lambda films: films, needs_current=lacks_plot) == NEW
    assert engine.looks == 1
    registry.serve("Film", lambda films: films, needs_current=lacks_plot)
    assert engine.looks == 1


@pytest.mark.parametrize("is_remembered", [True, False])
def test_a_current_collection_is_not_read_again(engine: FakeEngine, is_remembered: bool) -> None:
    registry = CollectionRegistry(engine, clock=lambda: 0.0)  # type: ignore[arg-type]
    if is_remembered:
        registry.get("Film")
        engine.looks = 0

    assert registry.serve("Film", lambda _: "unsure", lambda _: True, lambda _: True) == "unsure"
    with pytest.raises(InvalidRequestError):
        registry.serve("Film", only_with_plot(InvalidRequestError("no")), needs_current=lambda _: True)

    assert engine.looks == 2


def test_a_collection_that_is_gone_is_not_found(engine: FakeEngine, registry: CollectionRegistry) -> None:
    engine.stored = None

    with pytest.raises(CollectionNotFoundError):
        registry.serve("Film", only_with_plot(IndexMissingError("")))


class FakeWriter:
    """Takes each title once it knows of plots; without them, those that begin with a small letter."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []

    def write(self, films: Collection, objects: Sequence[ObjectInput], **_: Any) -> list[WriteResult]:
        titles = [item.properties["title"] for item in objects]
        self.written.append(titles)
        knows = films.property_named("plot") is not None
        return [
            WriteResult(item.id, "created")
            if knows or title.islower()
            else WriteResult(item.id, "failed", InvalidObjectError("no"))
            for item, title in zip(objects, titles, strict=True)
        ]


def test_only_objects_that_failed_are_written_again_and_in_their_order(
    engine: FakeEngine, registry: CollectionRegistry
) -> None:
    engine.stored = NEW
    writer = FakeWriter()
    # The third has the id of the second: it has to win.
    items = [ObjectInput(name, {"title": title}, {}) for name, title in (("1", "a"), ("2", "B"), ("2", "c"))]

    results = StaleTolerantWriter(writer, registry).write(OLD, items)  # type: ignore[arg-type]

    assert [(each.id, each.status) for each in results] == [("1", "created"), ("2", "created"), ("2", "created")]
    assert writer.written == [["a", "B", "c"], ["B", "c"]]


def test_objects_that_fail_by_themselves_are_not_written_again(registry: CollectionRegistry) -> None:
    writer = FakeWriter()

    [result] = StaleTolerantWriter(writer, registry).write(OLD, [ObjectInput("1", {"title": "B"}, {})])  # type: ignore[arg-type]

    assert result.status == "failed"
    assert writer.written == [["B"]]


@pytest.mark.parametrize("name", ["FILM", "fiLm", "filM"])
def test_a_name_is_exact_after_its_first_letter(engine: FakeEngine, registry: CollectionRegistry, name: str) -> None:
    for look_up in (registry.get, registry.fresh, registry.mappings):
        with pytest.raises(CollectionNotFoundError, match="did you mean 'Film'"):
            look_up(name)

    assert registry.get("film").name == "Film"
