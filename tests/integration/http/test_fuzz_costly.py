"""Expensive requests get a response: no 5xx, and no long work of OpenSearch.

`make fuzz-costly` makes many, on more objects, and asserts the time. ALTO_FUZZ_SEED is another beginning.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from lambdas.openapi import document
from lambdas.opensearch import OpenSearch
from tests.api import Api
from tests.fuzz_costly import COLLECTION, document_of
from tests.fuzz_costly_routes import DOCUMENTS, GENERATIVE, CostlyRoutes, passage_of

REQUESTS = int(os.environ.get("ALTO_COSTLY_REQUESTS", "40"))
OBJECTS = int(os.environ.get("ALTO_COSTLY_OBJECTS", "1000"))
# So many requests of an operation say something about its grammar.
ENOUGH = 5
# The longest time of OpenSearch for one request. OpenSearch stops a search after 10 s, which is a 503.
SECONDS = float(os.environ.get("ALTO_COSTLY_SECONDS", "inf"))
SEED = int(os.environ.get("ALTO_FUZZ_SEED", "2"))


@pytest.fixture(scope="module")
def names(api: Api) -> Iterator[dict[str, str]]:
    """The names of the collections and of an alias, as requests have them in their paths."""
    name = f"Costly{uuid4().hex[:8]}"
    names = {"name": name, "documents": f"{name}Documents", "alias": f"{name}Alias"}
    assert api("POST", "/v1/collections", COLLECTION | {"name": name, "generative": GENERATIVE}).status == 201
    assert api("POST", "/v1/collections", DOCUMENTS | {"name": names["documents"]}).status == 201
    assert api("POST", "/v1/aliases", {"alias": names["alias"], "collection": name}).status == 201
    store(api, name, [document_of(place) for place in range(OBJECTS)])
    store(api, names["documents"], [passage_of(place) for place in range(max(20, OBJECTS // 50))])
    yield names
    api("DELETE", f"/v1/aliases/{names['alias']}")
    for each in ("name", "documents"):
        api("DELETE", f"/v1/collections/{names[each]}")


def store(api: Api, name: str, objects: list[dict[str, Any]]) -> None:
    for start in range(0, len(objects), 500):
        batch = {"objects": objects[start : start + 500]}
        stored = api("POST", f"/v1/collections/{name}/objects/batch", batch, query={"consistency": "wait"})
        assert stored.body["failed"] == 0, stored.body


def took(response: Any) -> float:
    """The seconds that OpenSearch worked for a response, for all its searches; writes do not count."""
    if not isinstance(response, dict) or "items" in response:
        return 0.0
    searches = response.get("responses", [response])
    return float(sum(each.get("took", 0) for each in searches)) / 1000


def test_expensive_requests_are_answered_or_rejected(
    api: Api, names: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds: list[float] = []
    send = OpenSearch._send

    def measured(*request: Any, **options: Any) -> Any:
        response = send(*request, **options)
        seconds.append(took(response))
        return response

    monkeypatch.setattr(OpenSearch, "_send", measured)
    costly, statuses, failures = CostlyRoutes(document(), SEED), Counter[str](), list[str]()
    slowest, reasons = (0.0, ""), Counter[str]()
    for _ in range(REQUESTS):
        operation, method, path, body = costly.any_request()
        body = {"collection": names["name"]} if operation == "alias" else body
        by_alias = costly.chance(0.15)
        seconds.clear()
        response = api(method, path.format_map(names | ({"name": names["alias"]} if by_alias else {})), body)
        said = f"{operation}{' by alias' * by_alias} {json.dumps(body)[:3000]}"
        statuses[f"{operation} {response.status}"] += 1
        slowest = max(slowest, (sum(seconds), said))
        if response.status == 400:
            reasons[response.error["message"][:70]] += 1
        if response.status not in (200, 400, 413) or sum(seconds) > SECONDS:
            failures.append(f"{response.status} after {sum(seconds):.1f} s: {response.body} to {said}")
    if "ALTO_COSTLY_REQUESTS" in os.environ:
        with capsys.disabled():
            sys.stdout.write(f"\nseed {SEED}, {OBJECTS} objects: {dict(sorted(statuses.items()))}\n")
            sys.stdout.write(f"slowest {slowest[0]:.2f} s of OpenSearch: {slowest[1][:600]}\n")
            sys.stdout.write("".join(f"{count:5} {reason}\n" for reason, count in reasons.most_common(12)))

    assert not failures, "\n\n".join(failures)
    # The requests are worth something: at least half of each operation is carried out. One of one proves nothing.
    for operation in ("search", "aggregate", "objects/list", "generate", "embed", "objects/update", "context", "alias"):
        total = sum(count for key, count in statuses.items() if key.startswith(f"{operation} "))
        if total >= ENOUGH:
            assert 2 * statuses[f"{operation} 200"] >= total, (operation, statuses, reasons.most_common(5))
