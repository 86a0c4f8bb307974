"""The part of OpenSearch that jobs on collections use, in memory: sequence numbers, refreshes, aliases, write blocks.

Searches see what was refreshed, as in OpenSearch. It checks conditions and external versions, and knows only the
queries that fills and rebuilds send.
"""

import copy
import fnmatch
import json
from collections.abc import Callable
from threading import RLock
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from opensearchpy import TransportError

Body = dict[str, Any]


class Index:
    """One index of one shard."""

    def __init__(self, body: Body) -> None:
        self.aliases: Body = dict(body.get("aliases", {}))
        self.mappings: Body = body.get("mappings", {})
        self.settings: Body = {}
        # The documents, and the versions of those that were deleted.
        self.documents: dict[str, Body] = {}
        self.versions: dict[str, int] = {}
        self.seen: dict[str, Body] = {}
        self.sequence = -1

    def write(  # noqa: PLR0911 - one for each way in which it is refused
        self, kind: str, key: str, conditions: Body, source: Body | None
    ) -> tuple[int, Body]:
        """Carry out one operation. Return its status and the rest of its item."""
        stored = self.documents.get(key)
        if self.settings.get("blocks.write"):
            reason = "index [i] blocked by: [FORBIDDEN/8/index write (api)];"
            return 403, {"error": {"type": "cluster_block_exception", "reason": reason}}
        if kind in ("update", "delete") and stored is None and "version" not in conditions:
            error = {"type": "document_missing_exception"}
            return 404, {"error": error, "result": "not_found"} if kind == "update" else {"result": "not_found"}
        conflict = {"error": {"type": "version_conflict_engine_exception", "reason": "conflict"}}
        if (kind == "create" or conditions.get("op_type") == "create") and stored is not None:
            return 409, conflict
        if "if_seq_no" in conditions and (stored is None or stored["_seq_no"] != int(conditions["if_seq_no"])):
            return 409, conflict
        version = self.versions.get(key, 0) + 1
        if "version" in conditions:
            if conditions["version"] < self.versions.get(key, 0):
                return 409, conflict
            version = conditions["version"]
        self.sequence += 1
        self.versions[key] = version
        at = {"_seq_no": self.sequence, "_primary_term": 1, "_version": version}
        if kind == "delete":
            self.documents.pop(key, None)
            return 200, at | {"result": "deleted"}
        if kind == "update":
            assert stored is not None
            source = _merge(stored["_source"], (source or {})["doc"])
        self.documents[key] = at | {"_id": key, "_source": copy.deepcopy(source)}
        return (200 if stored else 201), at | {"result": "updated" if stored else "created"}


class FakeOpenSearch:
    """A transport of opensearch-py. `before` is called with each request and may raise."""

    def __init__(self, before: Callable[[str, str], None] = lambda _, __: None) -> None:
        self.indices: dict[str, Index] = {}
        self.before = before
        self._lock = RLock()

    def perform_request(self, method: str, url: str, *, body: bytes | None, timeout: Any) -> Any:
        self.before(method, url)
        parts = urlsplit(url)
        parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
        name, _, rest = parts.path.lstrip("/").partition("/")
        with self._lock:
            return orjson.loads(orjson.dumps(self._carry_out(method, name, rest, body, parameters)))

    def find(self, name: str) -> list[str]:
        """The indices of this name, alias or pattern."""
        found = [
            index
            for index, each in self.indices.items()
            if fnmatch.fnmatch(index, name) or any(fnmatch.fnmatch(alias, name) for alias in each.aliases)
        ]
        if not found and "*" not in name:
            raise _error(404, "index_not_found_exception")
        return found

    def one(self, name: str) -> tuple[str, Index]:
        """The index of this name or alias."""
        [index] = self.find(name)
        return index, self.indices[index]

    def _carry_out(self, method: str, name: str, rest: str, body: bytes | None, parameters: Body) -> Any:
        kind, _, key = rest.partition("/")
        if name == "_aliases":
            return self._swap(json.loads(body or b"{}")["actions"])
        if kind == "_bulk":
            return self._bulk(name, body or b"")
        given = orjson.loads(body) if body else {}
        if not kind:
            return self._index(method, name, given)
        if kind == "_doc":
            return self._document(method, name, key, given, parameters)
        handler = getattr(self, f"_{kind.strip('_')}_of")
        return handler(method, name, key, given, parameters)

    def _index(self, method: str, name: str, body: Body) -> Any:
        if method == "DELETE":
            for each in self.find(name):
                del self.indices[each]
            return {}
        if name in self.indices:
            raise _error(400, "resource_already_exists_exception")
        writes = {alias for each in self.indices.values() for alias, how in each.aliases.items() if _writes(how)}
        if writes & {alias for alias, how in body.get("aliases", {}).items() if _writes(how)}:
            raise _error(500, "illegal_state_exception", "alias [x] has more than one write index [a,b]")
        self.indices[name] = Index(body)
        return {}

    def _swap(self, actions: list[Body]) -> Any:
        after = {name: dict(index.aliases) for name, index in self.indices.items()}
        for action in actions:
            [(kind, what)] = action.items()
            if kind == "remove" and after[what["index"]].pop(what["alias"], None) is None:
                raise _error(404, "aliases_not_found_exception")
            if kind == "add":
                after[what["index"]][what["alias"]] = {"is_write_index": what.get("is_write_index", False)}
        for name, aliases in after.items():
            self.indices[name].aliases = aliases
        return {}

    def _bulk(self, name: str, body: bytes) -> Any:
        lines = iter(body.splitlines())
        items = []
        for line in lines:
            [(kind, conditions)] = orjson.loads(line).items()
            source = None if kind == "delete" else orjson.loads(next(lines))
            found = [each for each, index in self.indices.items() if name in index.aliases]
            if not found:
                status, item = 404, {"error": {"type": "index_not_found_exception", "reason": "no such index"}}
            else:
                status, item = self.indices[found[0]].write(kind, conditions["_id"], conditions, source)
            items.append({kind: item | {"_id": conditions["_id"], "status": status, "_index": (found or [""])[0]}})
        return {"items": items}

    def _document(self, method: str, name: str, key: str, body: Body, parameters: Body) -> Any:
        index, found = self.one(name)
        if method == "GET":
            if key not in found.documents:
                raise _error(404, None)
            return found.documents[key] | {"found": True, "_index": index}
        kind = "delete" if method == "DELETE" else "index"
        status, item = found.write(kind, key, parameters, body)
        if status >= 300:
            raise _error(status, item.get("error", {}).get("type"), item.get("error", {}).get("reason", ""))
        return item | {"_index": index, "_id": key}

    def _alias_of(self, method: str, name: str, key: str, *_: Any) -> Any:
        if method == "GET":
            return {each: {"aliases": self.indices[each].aliases} for each in self.find(name)}
        found = self.indices.get(name)
        if found is None:
            raise _error(404, "index_not_found_exception")
        if method == "PUT":
            found.aliases[key] = {}
        elif found.aliases.pop(key, None) is None:
            raise _error(404, "aliases_not_found_exception")
        return {}

    def _mapping_of(self, method: str, name: str, _: str, body: Body, __: Body) -> Any:
        for each in self.find(name) if method == "PUT" else ():
            self.indices[each].mappings["_meta"] = body["_meta"]
        return {each: {"mappings": {"_meta": self.indices[each].mappings.get("_meta")}} for each in self.find(name)}

    def _settings_of(self, _: str, name: str, __: str, body: Body, ___: Body) -> Any:
        for each in self.find(name):
            self.indices[each].settings |= body["index"]
        return {}

    def _block_of(self, _: str, name: str, *__: Any) -> Any:
        self.one(name)[1].settings["blocks.write"] = True
        return {}

    def _refresh_of(self, _: str, name: str, *__: Any) -> Any:
        for each in self.find(name):
            self.indices[each].seen = copy.deepcopy(self.indices[each].documents)
        return {}

    def _stats_of(self, _: str, name: str, *__: Any) -> Any:
        index, found = self.one(name)
        copies = [{"routing": {"primary": True}, "seq_no": {"global_checkpoint": found.sequence}}]
        return {"indices": {index: {"shards": {"0": copies}}}}

    def _mget_of(self, _: str, name: str, __: str, body: Body, ___: Body) -> Any:
        index, found = self.one(name)
        documents = (found.documents.get(each) for each in body["ids"])
        shown = zip(body["ids"], documents, strict=True)
        return {
            "docs": [
                ({"_id": key, "found": False} if each is None else each | {"found": True, "_index": index})
                for key, each in shown
            ]
        }

    def _count_of(self, _: str, name: str, __: str, body: Body, ___: Body) -> Any:
        return {"count": len(self._matches(name, body.get("query") or {"match_all": {}}))}

    def _search_of(self, _: str, name: str, __: str, body: Body, ___: Body) -> Any:
        index = self.find(name)[0]
        found = self._matches(name, body.get("query") or {"match_all": {}})
        by_sequence = body.get("sort") == ["_seq_no"]
        found.sort(key=lambda each: each["_seq_no"] if by_sequence else each["_id"])
        if after := body.get("search_after"):
            found = [each for each in found if each["_id"] > after[0]]
        total = {"value": len(found)}
        parts = {aggregation: self._aggregate(found, how) for aggregation, how in body.get("aggs", {}).items()}
        hits = [
            each | {"_index": index, "sort": [each["_id"]], "_score": 1.0} for each in found[: body.get("size", 10)]
        ]
        return {"took": 1, "hits": {"total": total, "hits": hits}, "aggregations": parts}

    def _aggregate(self, found: list[Body], how: Body) -> Any:
        if "filter" in how:
            return {"doc_count": sum(_matches(each, how["filter"]) for each in found)}
        filters = how["filters"]["filters"]
        return {
            "buckets": {
                name: {"doc_count": sum(_matches(each, how) for each in found)} for name, how in filters.items()
            }
        }

    def _matches(self, name: str, query: Body) -> list[Body]:
        found = self.one(name)[1]
        return [each for each in copy.deepcopy(list(found.seen.values())) if _matches(each, query)]


def _writes(how: Body) -> bool:
    return bool(how.get("is_write_index"))


def _matches(document: Body, query: Body) -> bool:
    [(kind, what)] = query.items()
    if kind == "range":
        return bool(what["_seq_no"]["gt"] < document["_seq_no"] <= what["_seq_no"]["lte"])
    if kind == "prefix":
        return str(document["_id"]).startswith(what["id"])
    if kind == "exists":
        part, _, name = what["field"].partition(".")
        return name in document["_source"].get(part, {})
    if kind == "bool":
        return not _matches(document, what["must_not"])
    assert kind in ("match_all", "function_score"), query
    return True


def _merge(target: Body, change: Body) -> Body:
    merged = copy.deepcopy(target)
    for name, value in change.items():
        is_nested = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _merge(merged[name], value) if is_nested else value
    return merged


def _error(status: int, kind: str | None, reason: str = "") -> TransportError:
    return TransportError(status, kind or "", {"error": {"type": kind, "reason": reason}} if kind else {"found": False})
