"""The methods and query parameters of each path, over both HTTP functions.

With it a wrong method is a 405 and not a 404, and a misspelt parameter is a 400. A function sees requests for paths
whose other methods belong to the other one, so the table is for both. tests/unit/http/test_openapi.py compares it with
the routes.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from lambdas.errors import InvalidRequestError, MethodNotAllowedError, abbreviate
from lambdas.known_fields import suggest

METHODS: dict[str, tuple[str, ...]] = {
    "/v1/meta": ("GET",),
    "/v1/.well-known/live": ("GET",),
    "/v1/.well-known/ready": ("GET",),
    "/v1/openapi.json": ("GET",),
    "/v1/collections": ("GET", "POST"),
    "/v1/collections/{name}": ("DELETE", "GET", "HEAD", "PATCH"),
    "/v1/collections/{name}/properties": ("POST",),
    "/v1/collections/{name}/vectors": ("POST",),
    "/v1/collections/{name}/rebuild": ("POST",),
    "/v1/collections/{name}/rebuild/undo": ("POST",),
    "/v1/collections/{name}/rebuild/finish": ("POST",),
    "/v1/collections/{name}/vectors/{vector}/fill": ("POST",),
    "/v1/collections/{name}/search": ("POST",),
    "/v1/collections/{name}/aggregate": ("POST",),
    "/v1/collections/{name}/generate": ("POST",),
    "/v1/collections/{name}/embed": ("POST",),
    "/v1/collections/{name}/objects": ("GET", "POST"),
    "/v1/collections/{name}/objects/batch": ("POST",),
    "/v1/collections/{name}/objects/list": ("POST",),
    "/v1/collections/{name}/objects/get": ("POST",),
    "/v1/collections/{name}/objects/delete": ("POST",),
    "/v1/collections/{name}/objects/repair": ("POST",),
    "/v1/collections/{name}/objects/update": ("POST",),
    "/v1/collections/{name}/objects/{object_id}": ("DELETE", "GET", "HEAD", "PATCH", "PUT"),
    "/v1/collections/{name}/imports": ("GET", "POST"),
    "/v1/collections/{name}/imports/{import_id}": ("GET",),
    "/v1/collections/{name}/imports/{import_id}/cancel": ("POST",),
    "/v1/collections/{name}/imports/{import_id}/resume": ("POST",),
    "/v1/collections/{name}/imports/{import_id}/retry": ("POST",),
    "/v1/collections/{name}/imports/{import_id}/upload/parts": ("POST",),
    "/v1/collections/{name}/imports/{import_id}/upload/complete": ("POST",),
    "/v1/collections/{name}/imports/{import_id}/upload/abort": ("POST",),
    "/v1/aliases": ("GET", "POST"),
    "/v1/aliases/{alias}": ("DELETE", "GET", "PUT"),
    "/v1/imports": ("GET",),
    "/v1/imports/{import_id}": ("GET",),
}


_WRITE = ("key", "consistency", "if_version")
PARAMETERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/v1/collections"): ("limit", "after"),
    ("GET", "/v1/collections/{name}/objects"): ("limit", "after", "include_vectors"),
    ("POST", "/v1/collections/{name}/objects"): ("consistency",),
    ("POST", "/v1/collections/{name}/objects/batch"): ("consistency",),
    ("POST", "/v1/collections/{name}/objects/delete"): ("consistency",),
    ("POST", "/v1/collections/{name}/objects/repair"): ("consistency",),
    ("POST", "/v1/collections/{name}/objects/update"): ("consistency",),
    ("GET", "/v1/collections/{name}/objects/{object_id}"): ("key", "include_vectors"),
    ("HEAD", "/v1/collections/{name}/objects/{object_id}"): ("key",),
    ("PUT", "/v1/collections/{name}/objects/{object_id}"): _WRITE,
    ("PATCH", "/v1/collections/{name}/objects/{object_id}"): _WRITE,
    ("DELETE", "/v1/collections/{name}/objects/{object_id}"): _WRITE,
    ("GET", "/v1/collections/{name}/imports"): ("limit", "after"),
    ("GET", "/v1/aliases"): ("collection",),
    ("GET", "/v1/imports"): ("limit", "after"),
}


# How the values of parameters that are not text are written.
FORMS = {"limit": ("-?(0|[1-9][0-9]*)", "a whole number"), "include_vectors": ("true|false", "true or false")}
NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


def check_route(method: str, path: str, parameters: Mapping[str, str] = NO_PARAMETERS) -> None:
    """Raise an error if the path exists, but not with this method or with one of these query parameters.

    Raises `MethodNotAllowedError` or `InvalidRequestError`.
    """
    segments = path.split("/")
    # A literal segment is more specific than a placeholder: `objects/batch` is not an object's id.
    matching = [template for template in METHODS if _matches(template.split("/"), segments)]
    template = min(matching, key=lambda each: each.count("{"), default=None)
    if template is None:
        return
    allowed = METHODS[template]
    if method not in allowed:
        raise MethodNotAllowedError(f"{path} does not support {method}. It supports {', '.join(allowed)}.", allowed)
    known = PARAMETERS.get((method, template), ())
    for name, value in parameters.items():
        if name not in known:
            raise _unknown_parameter(name, known)
        # The framework would read `1_0` as 10, and `yes` as true.
        pattern, expected = FORMS.get(name, (value, ""))
        if name in FORMS and not re.fullmatch(pattern, value):
            raise InvalidRequestError.at(name, f"expected {expected}, not {abbreviate(value)}")


def _unknown_parameter(name: str, known: tuple[str, ...]) -> InvalidRequestError:
    nearest = suggest(name, known)
    if nearest:
        remedy = f'did you mean "{nearest}"'
    elif known:
        remedy = f"the parameters are {', '.join(known)}"
    else:
        remedy = "this request has no parameters"
    return InvalidRequestError.at(name[:100], f"unknown query parameter; {remedy}{'?' if nearest else ''}")


def _matches(template: list[str], segments: list[str]) -> bool:
    return len(template) == len(segments) and all(
        (part.startswith("{") and segment != "") or part == segment
        for part, segment in zip(template, segments, strict=True)
    )
