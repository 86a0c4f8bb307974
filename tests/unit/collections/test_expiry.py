"""Expiry: its settings, the one filter that hides objects, and the job that removes them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from lambdas.collections.expiry import Expiry, expired_only, has_expired, read_duration, unexpired_only
from lambdas.collections.index_body import collection_from_mapping, mappings
from lambdas.collections.model import Collection, CollectionUpdate
from lambdas.deadline import Deadline
from lambdas.errors import SearchEngineUnavailableError
from lambdas.handlers import load
from lambdas.objects.bulk import BulkOperation, BulkOutcome, conflict
from lambdas.objects.hidden_versions import read_consistently
from lambdas.objects.keys import name_object
from lambdas.objects.reader import ObjectReader
from lambdas.opensearch import IndexMissingError
from lambdas.selection.expired import SLICE, ExpiredRemover, Removal
from tests.builders import NOW, collection
from tests.unit.imports.test_import_handlers import Context

DATE = {"name": "until", "type": "date"}
AT = datetime(2026, 3, 31, 12, tzinfo=UTC)


def expiring(settings: dict[str, Any], *properties: dict[str, Any], **others: Any) -> Collection:
    plain = collection()
    described = [*(each.model_dump() for each in plain.properties), *(properties or [DATE])]
    return Collection.model_validate(plain.model_dump() | {"properties": described, "expiry": settings} | others)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("36h", timedelta(hours=36)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(days=14)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, expected: timedelta) -> None:
    assert read_duration(text) == expected


@pytest.mark.parametrize("after", ["30", "0d", "-1d", "1.5h", "1y", " 1d", "1 d", "", "1D"])
def test_other_durations_are_refused(after: str) -> None:
    with pytest.raises(ValidationError, match="after"):
        Expiry.model_validate({"property": "until", "after": after})


@pytest.mark.parametrize("after", ["36501d", "9999999999w"])
def test_a_duration_of_more_than_100_years_is_refused(after: str) -> None:
    with pytest.raises(ValidationError, match=f"expiry.after is '{after}': give at most 36500d"):
        Expiry.model_validate({"property": "until", "after": after})


@pytest.mark.parametrize("name", ["_created", "_updated"])
def test_times_of_alto_need_a_duration(name: str) -> None:
    with pytest.raises(ValidationError, match=f"expiry.property is '{name}', at which every object would expire"):
        Expiry.model_validate({"property": name})


@pytest.mark.parametrize(
    ("described", "problem"),
    [
        (
            {"name": "other", "type": "date"},
            r"names 'until', not a property .* one of these: other, _created, _updated",
        ),
        ({"name": "until", "type": "text"}, "'until', which is text: name a property of type date"),
        ({"name": "until", "type": "date[]"}, r"'until', which is date\[\]: name a property of type date"),
        (DATE | {"filterable": False}, "'until', which is not filterable"),
    ],
)
def test_the_property_must_be_a_date_that_can_be_filtered_by(described: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        expiring({"property": "until"}, described)


@pytest.mark.parametrize("settings", [{"property": "until"}, {"property": "_updated", "after": "30d"}])
def test_expiry_is_stored_with_the_collection(settings: dict[str, Any]) -> None:
    stored = expiring(settings)

    assert collection_from_mapping(mappings(stored, "lucene")) == stored
    assert mappings(stored, "lucene")["_meta"]["alto"]["collection"]["expiry"] == settings


def test_an_update_may_remove_expiry() -> None:
    assert CollectionUpdate.model_validate({"expiry": None}).model_fields_set == {"expiry"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"property": "until"}, {"range": {"properties.until": {"lte": "2026-03-31T12:00:00.000+00:00"}}}),
        (
            {"property": "until", "after": "36h"},
            {"range": {"properties.until": {"lte": "2026-03-30T00:00:00.000+00:00"}}},
        ),
        ({"property": "_created", "after": "30d"}, {"range": {"created": {"lte": "2026-03-01T12:00:00.000+00:00"}}}),
        ({"property": "_updated", "after": "1w"}, {"range": {"updated": {"lte": "2026-03-24T12:00:00.000+00:00"}}}),
    ],
)
def test_one_filter_finds_what_has_expired(settings: dict[str, Any], expected: dict[str, Any]) -> None:
    films = expiring(settings)

    assert films.expiry is not None
    assert expired_only(films.expiry, AT) == expected
    assert unexpired_only(films.expiry, AT) == [{"bool": {"must_not": [expected]}}]


def test_objects_of_other_collections_stay() -> None:
    assert unexpired_only(None, AT) == []
    assert not has_expired(None, {"properties": {"until": "1999-01-01T00:00:00Z"}}, AT)


@pytest.mark.parametrize(
    ("settings", "source", "expected"),
    [
        ({"property": "until"}, {"properties": {"until": "2026-03-31T12:00:00Z"}}, True),
        ({"property": "until"}, {"properties": {"until": "2026-03-31T12:00:00.001Z"}}, False),
        ({"property": "until"}, {"properties": {"until": "2026-03-31T13:30:00+02:00"}}, True),
        ({"property": "until"}, {"properties": {}}, False),
        ({"property": "until"}, {}, False),
        ({"property": "until", "after": "1d"}, {"properties": {"until": "2026-03-30T12:00:01Z"}}, False),
        ({"property": "_created", "after": "1d"}, {"created": "2026-03-30T12:00:00.000+00:00"}, True),
        ({"property": "_updated", "after": "1d"}, {"updated": "2026-03-30T12:00:00.001+00:00"}, False),
    ],
)
def test_an_object_has_expired_from_its_date_on(
    settings: dict[str, Any], source: dict[str, Any], expected: bool
) -> None:
    assert has_expired(expiring(settings).expiry, source, AT) is expected


def test_every_reader_gets_the_filter() -> None:
    [got] = read_consistently(None, expiring({"property": "until"}), lambda always: always)  # type: ignore[arg-type]

    assert list(got["bool"]["must_not"][0]["range"]) == ["properties.until"]


class Documents:
    """One object that has expired."""

    SOURCE: dict[str, Any] = {  # noqa: RUF012
        "properties": {"title": "Up", "until": "1999-01-01T00:00:00Z"},
        "created": NOW.isoformat(),
        "updated": NOW.isoformat(),
    }

    def request(self, method: str, path: str, params: dict[str, str]) -> Any:
        return {"_id": path, "_source": {} if params.get("_source") == "false" else self.SOURCE, **VERSION}

    def get_many(self, index: str, ids: Sequence[str], params: dict[str, str]) -> list[Any]:
        return [{"_id": each, "found": True, "_source": self.SOURCE, **VERSION} for each in ids]


VERSION = {"_seq_no": 4, "_primary_term": 1}


def test_an_object_that_has_expired_cannot_be_read() -> None:
    films, reader = expiring({"property": "until"}), ObjectReader(Documents())  # type: ignore[arg-type]
    named = name_object("Film", "00000000-0000-0000-0000-00000000000a")

    with pytest.raises(Exception, match="has no object with the id"):
        reader.get(films, named)
    assert not reader.exists(films, named)
    assert reader.get_many(films, [named.id]).missing == [named.id]
    assert reader.expired_version(films, named) == "1.4"
    assert reader.exists(collection(), named)


class Engine:
    """Collections with so many objects that have expired, of which every hundredth changes while it is removed."""

    def __init__(self, **expired: int) -> None:
        self.collections = {name: expiring({"property": "until"}, name=name) for name in expired}
        self.left = {self.collections[name].alias: count for name, count in expired.items()}
        self.order: list[str] = []
        self.broken: dict[str, Exception] = {}

    def get(self, name: str) -> Collection:
        return self.collections[name]

    def request(self, method: str, path: str, body: dict[str, Any], timeout: float) -> Any:
        alias = path.split("/")[1]
        self.order.append(alias.split("-")[1])
        if error := self.broken.get(alias):
            raise error
        first = int(body.get("search_after", ["0"])[0])
        last = min(first + SLICE, self.left[alias])
        return {"hits": {"hits": [{"_id": f"{each:05}", **VERSION} for each in range(first + 1, last + 1)]}}

    def write(
        self, alias: str, operations: Sequence[BulkOperation], *, deadline: Deadline, refresh: bool
    ) -> list[BulkOutcome]:
        assert not refresh
        assert all((each.action, each.if_version, each.source) == ("delete", "1.4", None) for each in operations)
        return [
            BulkOutcome(created=False, error=conflict(each.id, conditional=True) if each.id.endswith("00") else None)
            for each in operations
        ]

    def list(self) -> Sequence[Collection]:
        return [collection(), *self.collections.values()]


def remover(engine: Engine) -> ExpiredRemover:
    return ExpiredRemover(engine, engine, engine)  # type: ignore[arg-type]


def test_what_has_expired_is_removed_a_slice_of_each_collection_in_turn() -> None:
    engine = Engine(Film=2_100, Book=50)

    assert remover(engine).run(Deadline.after(300)) == [
        Removal("Film", removed=2_079, kept=21, complete=True),
        Removal("Book", removed=50, complete=True),
    ]
    assert engine.order == ["film", "book", "film", "film"]


def test_a_run_ends_when_its_time_does() -> None:
    assert remover(Engine(Film=5)).run(Deadline.after(10)) == [Removal("Film", complete=False)]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SearchEngineUnavailableError("busy"), Removal("Film", error="search_engine_unavailable")),
        (IndexMissingError("gone"), Removal("Film", complete=True)),
    ],
)
def test_an_error_of_one_collection_leaves_the_others_alone(error: Exception, expected: Removal) -> None:
    engine = Engine(Film=5, Book=5)
    engine.broken[engine.collections["Film"].alias] = error

    assert remover(engine).run(Deadline.after(300)) == [expected, Removal("Book", removed=5, complete=True)]


def test_the_schedule_has_the_load_function_remove_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(Film=7, Book=1)
    engine.broken[engine.collections["Book"].alias] = SearchEngineUnavailableError("busy")
    monkeypatch.setattr(load, "expired_remover", lambda: remover(engine))

    response = load.lambda_handler({"task": "remove_expired"}, Context())  # type: ignore[arg-type]

    assert response == {"removed": {"Film": 7, "Book": 0}, "failed": ["Book"]}
