"""Objects are measured before many of them are read, over an OpenSearch in memory."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from urllib3 import HTTPConnectionPool, HTTPResponse

from lambdas.deadline import Deadline
from lambdas.errors import ResponseTooLargeError
from lambdas.objects import document_sizes
from lambdas.objects.reader import ObjectReader
from lambdas.objects.repair import RepairRequest, VectorRepairer
from lambdas.objects.store import WriteContext
from lambdas.opensearch import OpenSearch
from lambdas.response_size import FEW_OBJECTS
from lambdas.search.multi import FailedSearch, MultiSearchRequest
from lambdas.search.request import SearchRequest
from lambdas.search.searcher import Searcher
from lambdas.selection.request import ListRequest, UpdateRequest
from lambdas.selection.selector import Selector
from lambdas.selection.updater import Updater
from lambdas.settings import EngineSettings, RequestLimits
from lambdas.wiring.aws import aws_access
from lambdas.wiring.opensearch import connect
from tests.builders import NOW, collection

FILMS = collection(
    properties=[{"name": "title", "type": "text"}, {"name": "plot", "type": "text"}, {"name": "year", "type": "int"}]
)
LISTING: dict[str, Any] = {"sort": [{"property": "year"}]}


def ranges_of_ids(body: Any) -> list[dict[str, str]]:
    """Return the conditions on ids in a search for objects to update."""
    conditions = body["query"].get("bool", {}).get("filter", [])
    return [each["range"]["id"] for each in conditions if "id" in each.get("range", {})]


class Engine:
    """Objects of one size. Remembers how many it read, and how many were read together at most."""

    def __init__(self, count: int, characters: int, *, refreshed: bool = True) -> None:
        self.ids = [str(UUID(int=number)) for number in range(1, count + 1)]
        self.characters = characters
        self.refreshed = refreshed
        self.read: list[int] = []
        self.measured: list[int] = []

    def request(self, _: str, path: str, body: Any = None, *__: Any, **___: Any) -> Any:
        return {} if path.endswith("_refresh") else self._search(body)

    def search_each(self, _: str, bodies: Sequence[Any], __: float) -> list[Any]:
        return [self._search(body) for body in bodies]

    def get_many(self, _: str, ids: Sequence[str], __: Any) -> list[Any]:
        self.read.append(len(ids))
        return [self._hit(each) | {"found": each in self.ids} for each in ids]

    def _search(self, body: Any) -> Any:
        [after] = body.get("search_after") or [each["gt"] for each in ranges_of_ids(body)] or [""]
        wanted = body["query"].get("ids", {}).get("values", self.ids)
        found = [each for each in wanted if each in self.ids and each > after][: body["size"]] * self.refreshed
        if "script_fields" in body:
            self.measured.append(len(found))
            names = body["script_fields"]["characters"]["script"]["params"]["names"]
            size = self.characters if names is None or "title" in names else 0
            hits = [{"_id": each, "_score": 1.0, "sort": [each], "fields": {"characters": [size]}} for each in found]
        else:
            self.read.append(len(found))
            hits = [self._hit(each) for each in found]
        return {"took": 1, "hits": {"total": {"value": len(self.ids), "relation": "eq"}, "hits": hits}}

    def _hit(self, name: str) -> dict[str, Any]:
        source = {
            "created": NOW.isoformat(),
            "updated": NOW.isoformat(),
            "properties": {"title": "x" * self.characters, "plot": "", "year": 1},
        }
        return {"_id": name, "_score": 1.0, "_seq_no": 1, "_primary_term": 1, "_source": source}


def search(engine: Engine, limits: RequestLimits | None = None, **body: Any) -> Any:
    searcher = Searcher(engine, None, lambda: pytest.fail("nothing is reranked"), "us-east-1", limits=limits)  # type: ignore[arg-type]
    model = MultiSearchRequest if "queries" in body else SearchRequest
    return searcher.run(FILMS, model.model_validate(body), deadline=Deadline.after(10))


def test_a_search_of_few_objects_reads_them_at_once() -> None:
    engine = Engine(50, 1_000)

    found = search(engine, **LISTING, limit=FEW_OBJECTS)

    assert len(found.objects) == FEW_OBJECTS
    assert (engine.measured, engine.read) == ([], [FEW_OBJECTS])


def test_a_search_of_many_objects_measures_them_first() -> None:
    engine = Engine(50, 1_000)

    found = search(engine, **LISTING, limit=40)

    assert [str(hit.id) for hit in found.objects] == engine.ids[:40]
    assert found.objects[0].properties["title"] == "x" * 1_000
    assert (engine.measured, engine.read) == ([40], [40])


def test_a_search_of_objects_that_are_too_large_reads_none() -> None:
    engine = Engine(1_000, 1_000_000)

    with pytest.raises(ResponseTooLargeError, match=r"have 1,000,000,000 characters, and at most 20,000,000"):
        search(engine, **LISTING, limit=1_000)

    assert engine.read == []


def test_properties_that_are_always_small_are_not_measured() -> None:
    engine = Engine(1_000, 10)

    search(engine, **LISTING, limit=1_000, return_properties=["year"])

    assert (engine.measured, engine.read) == ([], [1_000])


def test_only_the_properties_that_are_read_are_measured() -> None:
    engine = Engine(30, 1_000_000)

    found = search(engine, **LISTING, limit=30, return_properties=["plot", "year"])

    assert len(found.objects) == 30


def test_of_several_queries_those_that_fit_together_have_their_objects() -> None:
    engine = Engine(30, 1_000)

    found = search(engine, RequestLimits(read_characters=70_000), queries=[LISTING | {"limit": 30}] * 3)

    kinds = [each.error.code if isinstance(each, FailedSearch) else len(each.objects) for each in found.results]
    assert kinds == [30, 30, "answer_too_large"]
    assert engine.read == [30, 30]


@pytest.mark.parametrize(("characters", "expected"), [(10, 1_000), (100_000, 54), (1_000_000, 5), (7_000_000, 1)])
def test_a_page_is_filled_to_the_limit_and_no_further_object_is_read(characters: int, expected: int) -> None:
    engine = Engine(1_000, characters)

    page = Selector(engine, bulk=None).page(FILMS, ListRequest(limit=1_000))  # type: ignore[arg-type]

    assert len(page.objects) == expected
    assert page.next == (None if expected == 1_000 else str(page.objects[-1].id))
    [read] = engine.read
    assert read * characters <= document_sizes.PAGE_CHARACTERS + 2 * characters
    assert sum(engine.measured) * characters <= document_sizes.MEASURED_FIRST * characters + 10_000


def test_objects_by_id_that_fit_into_no_response_are_not_read() -> None:
    engine = Engine(1_000, 1_000_000)

    with pytest.raises(ResponseTooLargeError, match="ask for fewer ids"):
        ObjectReader(engine).get_many(FILMS, engine.ids)  # type: ignore[arg-type]

    assert engine.read == []


def test_objects_by_id_that_searches_do_not_see_yet_are_read_in_small_parts() -> None:
    engine = Engine(1_000, 1_000_000, refreshed=False)

    with pytest.raises(ResponseTooLargeError, match="ask for fewer ids"):
        ObjectReader(engine).get_many(FILMS, engine.ids)  # type: ignore[arg-type]

    assert engine.read == [FEW_OBJECTS]


def test_many_small_objects_are_returned_by_their_ids_in_the_order_asked() -> None:
    engine = Engine(50, 10)
    missing = str(UUID(int=99))

    found = ObjectReader(engine).get_many(FILMS, [missing, *reversed(engine.ids)])  # type: ignore[arg-type]

    assert [str(each.id) for each in found.objects] == engine.ids[::-1]
    assert found.missing == [missing]


class Writer:
    """Stores everything."""

    def write(self, _: Any, objects: Sequence[Any], **__: Any) -> list[Any]:
        from lambdas.objects.draft import WriteResult

        return [WriteResult(item.id, "updated") for item in objects]


def test_large_objects_are_updated_a_few_at_a_time() -> None:
    engine = Engine(50, 1_000_000)
    body = {"filter": {"property": "year", "operator": "equal", "value": 1}, "set": {"plot": "new"}}

    request = UpdateRequest.model_validate(body)
    result = Updater(engine, Writer()).update(FILMS, request, WriteContext(Deadline.after(25)))  # type: ignore[arg-type]

    assert (result.updated, result.next) == (50, None)
    assert max(engine.read) * engine.characters <= document_sizes.PAGE_CHARACTERS


def test_a_page_of_large_objects_is_repaired_with_fewer() -> None:
    engine = Engine(50, 1_000_000)
    repairer = VectorRepairer(engine, None, None)  # type: ignore[arg-type]

    result = repairer.repair(collection(vectors={}), RepairRequest(limit=50), WriteContext(Deadline.after(25)))

    assert result.checked == document_sizes.PAGE_CHARACTERS // engine.characters
    assert result.next == engine.ids[result.checked - 1]


def connect_to(content: bytes, monkeypatch: pytest.MonkeyPatch, limit: int) -> OpenSearch:
    """A client of an OpenSearch that responds with this content."""

    def respond(*_: Any, preload_content: bool = True, **__: Any) -> HTTPResponse:
        headers = {"content-type": "application/json", "content-length": str(len(content))}
        return HTTPResponse(BytesIO(content), headers=headers, status=200, preload_content=preload_content)

    monkeypatch.setattr(HTTPConnectionPool, "urlopen", respond)
    variables = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "ALTO_OPENSEARCH_URL": "http://127.0.0.1:9",
        "ALTO_LIMIT_ENGINE_RESPONSE_BYTES": str(limit),
    }
    return connect(EngineSettings.from_environment(variables), aws_access(variables))


def test_no_more_of_a_response_is_read_than_the_function_has_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = connect_to(b'{"text":"%s"}' % (b"x" * 1_000_000), monkeypatch, 1_000_000)

    with pytest.raises(ResponseTooLargeError, match="more than 1,000,000 bytes"):
        engine.request("POST", "/alto-film/_search", {})


def test_a_response_up_to_the_limit_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "x" * 900_000
    engine = connect_to(b'{"text":"%s"}' % text.encode(), monkeypatch, 1_000_000)

    assert engine.request("POST", "/alto-film/_search", {}) == {"text": text}
