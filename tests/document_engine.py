"""An OpenSearch in memory, as far as documents need it: searches see writes when refreshed."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import orjson

from lambdas.opensearch import DocumentMissingError, IndexMissingError, WriteConflictError


class FakeEngine:
    """Documents by index. `step` is called before each request, and may raise."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, dict[str, Any]]] = {}
        self.seen: dict[str, dict[str, dict[str, Any]]] = {}
        self.step: Callable[[str, str], None] = lambda _method, _path: None
        self._number = 0

    def request(
        self, method: str, path: str, body: Any = None, params: Mapping[str, str] | None = None, **_: Any
    ) -> Any:
        self.step(method, path)
        index, *rest = path.strip("/").split("/")
        if method == "PUT" and not rest:
            return self.stored.setdefault(index, {})
        if rest[0] == "_doc":
            if index not in self.stored:
                raise IndexMissingError(index)
            return self._document(method, index, rest[1], body, params or {})
        if rest[0] == "_refresh":
            self.seen[index] = deepcopy(self.stored.get(index, {}))
            return {}
        assert rest[0] == "_search", path
        return self.search(index, body)

    def _document(self, method: str, index: str, key: str, body: Any, params: Mapping[str, str]) -> Any:
        found = self.stored[index].get(key)
        if method == "GET":
            if found is None:
                raise DocumentMissingError(key)
            return {"_source": deepcopy(found["_source"]), "_seq_no": found["_seq_no"], "_primary_term": 1}
        expected = None if found is None else str(found["_seq_no"])
        if params.get("if_seq_no") != expected:
            raise WriteConflictError(key)
        self._put(index, key, body)
        return {}

    def _put(self, index: str, key: str, source: dict[str, Any]) -> None:
        self._number += 1
        self.stored.setdefault(index, {})[key] = {"_source": source, "_seq_no": self._number}

    def bulk(self, index: str, lines: Sequence[bytes], **_: Any) -> list[dict[str, Any]]:
        self.step("POST", f"/{index}/_bulk")
        items = []
        for line in lines:
            head, _separator, source = line.partition(b"\n")
            [(action, about)] = orjson.loads(head).items()
            key = about["_id"]
            existed = key in self.stored.get(index, {})
            if action == "delete":
                self.stored[index].pop(key, None)
                items.append({"status": 200 if existed else 404, "result": "deleted", "_primary_term": 1, "_seq_no": 0})
                continue
            self._put(index, key, orjson.loads(source))
            result = "updated" if existed else "created"
            items.append({"status": 200, "result": result, "_primary_term": 1, "_seq_no": self._number})
        return items

    def get_many(self, index: str, ids: Sequence[str], _: Mapping[str, str]) -> list[dict[str, Any]]:
        found = self.stored.get(index, {})
        return [
            {"_id": key, "found": key in found, "_source": deepcopy(found.get(key, {}).get("_source"))} for key in ids
        ]

    def search(self, index: str, body: Mapping[str, Any]) -> Any:
        hits = [
            {"_id": key, "_source": found["_source"], "sort": [key]}
            for key, found in sorted(self.seen.get(index, {}).items())
            if matches(body["query"], found["_source"])
        ]
        after = body.get("search_after", [""])[0]
        page = [hit for hit in hits if hit["_id"] > after][: body["size"]]
        response: dict[str, Any] = {"hits": {"hits": deepcopy(page)}}
        if "aggs" in body:
            response["aggregations"] = {"documents": {"buckets": _documents([hit["_source"] for hit in hits])}}
        return response


def matches(query: Mapping[str, Any], source: Mapping[str, Any]) -> bool:
    """Whether a document matches: filters of terms, and what must not."""
    if "terms" in query:
        [(field, values)] = query["terms"].items()
        name = field.removeprefix("properties.").removesuffix(".keyword")
        return source["properties"].get(name) in values
    if "bool" in query:
        required = query["bool"].get("filter", [])
        excluded = query["bool"].get("must_not", [])
        return all(matches(each, source) for each in required) and not any(matches(each, source) for each in excluded)
    return "match_all" in query


def _documents(sources: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    buckets: dict[str, dict[str, int]] = {}
    for source in sources:
        versions = buckets.setdefault(source["properties"]["document"], {})
        version = source["properties"]["document_version"]
        versions[version] = versions.get(version, 0) + 1
    moment = {"value": 1_760_000_000_000.0}
    return [
        {
            "key": name,
            "versions": {
                "buckets": [{"key": key, "doc_count": count, "updated": moment} for key, count in versions.items()]
            },
        }
        for name, versions in buckets.items()
    ]
