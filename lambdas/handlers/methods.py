"""The methods of each path, over both HTTP functions, so that a wrong method is a 405 and not a 404.

A function sees requests for paths whose other methods belong to the other one, so the table is for both.
tests/unit/test_openapi.py compares it with the routes.
"""

from lambdas.errors import MethodNotAllowedError

METHODS: dict[str, tuple[str, ...]] = {
    "/v1/meta": ("GET",),
    "/v1/.well-known/live": ("GET",),
    "/v1/.well-known/ready": ("GET",),
    "/v1/openapi.json": ("GET",),
    "/v1/collections": ("GET", "POST"),
    "/v1/collections/{name}": ("DELETE", "GET", "HEAD", "PATCH"),
    "/v1/collections/{name}/properties": ("POST",),
    "/v1/collections/{name}/search": ("POST",),
    "/v1/collections/{name}/aggregate": ("POST",),
    "/v1/collections/{name}/objects": ("GET", "POST"),
    "/v1/collections/{name}/objects/batch": ("POST",),
    "/v1/collections/{name}/objects/list": ("POST",),
    "/v1/collections/{name}/objects/get": ("POST",),
    "/v1/collections/{name}/objects/delete": ("POST",),
    "/v1/collections/{name}/objects/{object_id}": ("DELETE", "GET", "HEAD", "PATCH", "PUT"),
    "/v1/imports": ("GET", "POST"),
    "/v1/imports/{import_id}": ("GET",),
    "/v1/imports/{import_id}/cancel": ("POST",),
    "/v1/imports/{import_id}/resume": ("POST",),
    "/v1/imports/{import_id}/retry": ("POST",),
    "/v1/imports/{import_id}/upload/parts": ("POST",),
    "/v1/imports/{import_id}/upload/complete": ("POST",),
    "/v1/imports/{import_id}/upload/abort": ("POST",),
}


def check_method(method: str, path: str) -> None:
    """Raise `MethodNotAllowedError` if the path exists, but not with this method."""
    segments = path.split("/")
    # A literal segment is more specific than a placeholder: `objects/batch` is not an object's id.
    matching = [template for template in METHODS if _matches(template.split("/"), segments)]
    template = min(matching, key=lambda each: each.count("{"), default=None)
    if template is not None and method not in METHODS[template]:
        allowed = METHODS[template]
        raise MethodNotAllowedError(f"{path} does not support {method}. It supports {', '.join(allowed)}.", allowed)


def _matches(template: list[str], segments: list[str]) -> bool:
    return len(template) == len(segments) and all(
        (part.startswith("{") and segment != "") or part == segment
        for part, segment in zip(template, segments, strict=True)
    )
