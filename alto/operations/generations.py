"""Texts generated from the objects of a search: the request, and how its response is read. Pure."""

import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

from alto.classes.generative_results import (
    Citation,
    GenerativeGrouped,
    GenerativeMetadata,
    GenerativeObject,
    GenerativeReturn,
    GenerativeSingle,
    GenerativeUsage,
)
from alto.classes.results import QueryReturn
from alto.classes.search import Search
from alto.errors import error_from_response
from alto.operations.searches import read_search
from alto.requests import Operation, Phase, Request, Response, segment
from alto.values import to_json


def generate(collection: str, search: Search, tasks: dict[str, Any]) -> Operation[GenerativeReturn]:
    """A search, and texts from what it finds.

    Not repeatable: a response that was lost has been paid for, and repeating it would be paid for again.
    """
    content = to_json(search.to_api() | {"generate": tasks})
    request = Request("POST", f"/v1/collections/{segment(collection)}/generate", content=content, phase=Phase.QUERY)
    return Operation(request, lambda response: read(response, collection, search))


def read(response: Response, collection: str, search: Search) -> GenerativeReturn:
    """The objects with their texts. Warns about texts that could not be generated."""
    body = response.body
    model = body.get("generation", {}).get("model")
    found = read_search(body, collection, search)
    grouped = _text(body.get("generated"), response.headers, model)
    hits = [*body["objects"], *(hit for group in body.get("groups") or () for hit in group["objects"])]
    texts = {hit["id"]: _text(hit.get("generated"), response.headers, model) for hit in hits}
    groups = {name: replace(group, objects=_with(texts, group)) for name, group in found.groups.items()}
    _warn([grouped, *texts.values()])
    known = {each.name: getattr(found, each.name) for each in fields(QueryReturn)}
    plain = None if grouped is None else {each.name: getattr(grouped, each.name) for each in fields(GenerativeSingle)}
    return GenerativeReturn(
        **known | {"objects": _with(texts, found), "groups": groups},
        generative=None if plain is None else GenerativeGrouped(**plain),
        generation=body.get("generation", {}),
    )


def _with(texts: Mapping[str, GenerativeSingle | None], found: Any) -> list[Any]:
    return [GenerativeObject.of(each, texts[str(each.uuid)]) for each in found.objects]


def _text(body: dict[str, Any] | None, headers: Mapping[str, str], model: str | None) -> GenerativeSingle | None:
    if body is None:
        return None
    error = body.get("error")
    usage = body.get("usage") or {}
    return GenerativeSingle(
        text=body.get("text"),
        metadata=GenerativeMetadata(
            model=model,
            usage=GenerativeUsage(usage.get("input_tokens", 0), usage.get("output_tokens", 0)),
            stop_reason=body.get("stop_reason"),
            latency_ms=body.get("latency_ms"),
            citation_mode=body.get("citation_mode"),
            dropped_citations=body.get("dropped_citations", 0),
            context=body.get("context"),
        ),
        citations=[_citation(each) for each in body.get("citations") or ()],
        error=None if error is None else error_from_response(error["status"], headers, {"error": error}),
    )


def _citation(body: dict[str, Any]) -> Citation:
    return Citation(
        uuid=UUID(body["id"]),
        property=body["property"],
        quote=body["quote"],
        start=body["start"],
        end=body["end"],
        quote_start=body.get("quote_start"),
        quote_end=body.get("quote_end"),
        item=body.get("item"),
        key=body.get("key"),
        document=body.get("document"),
        page=body.get("page"),
    )


def _warn(texts: list[GenerativeSingle | None]) -> None:
    """Texts that are missing are easily overlooked: each is None where a text is expected."""
    errors = [each.error for each in texts if each is not None and each.error is not None]
    if errors:
        counts = Counter(error.code or "unknown" for error in errors)
        shown = ", ".join(f"{code} ({count})" for code, count in counts.most_common())
        warnings.warn(
            f"{len(errors)} of {sum(each is not None for each in texts)} texts could not be generated: {shown}. "
            f"The first: {errors[0]} (`.generative.error` has each)",
            UserWarning,
            stacklevel=2,
        )
