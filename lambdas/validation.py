"""Validation errors of pydantic, translated to Alto's: field, problem, value as JSON, remedy.

Neither a sentence of pydantic nor a regular expression or a Python name reaches a caller. The place of a problem is the
path in the body as it was sent; pydantic's own names for the branches of a union are left out.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lambdas.errors import ErrorDetail, InvalidRequestError, abbreviate
from lambdas.known_fields import known_fields, suggest

# The first problems are enough to fix a request. A wrong body can have a problem for each of a million numbers.
MAX_DETAILS = 20

REQUIRED = "required, but missing"
UUID_EXAMPLE = "a UUID such as 7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"
DATE_EXAMPLE = "a date and time such as 2026-01-31T12:00:00Z"

# Errors about the type of a value, by pydantic's name. Those of several branches of a union become one sentence.
EXPECTED = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of at most 64 bits",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "mapping_type": "an object",
    "none_required": "null",
    "uuid_type": UUID_EXAMPLE,
    "uuid_parsing": UUID_EXAMPLE,
    "datetime_type": DATE_EXAMPLE,
    "datetime_parsing": DATE_EXAMPLE,
    "datetime_from_date_parsing": DATE_EXAMPLE,
    "timezone_aware": f"{DATE_EXAMPLE}, with its offset from UTC",
    "string_unicode": "valid Unicode text",
}
# The patterns of the API in words. tests/unit/http/test_validation.py compares them with the OpenAPI document.
_NAME = "a letter, then up to 99 letters, digits or underscores"
_PATH = "the name of a property, or a path such as author.name"
PATTERNS = {
    r"^([0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{32}|by-key)$": (
        f"{UUID_EXAMPLE}, or by-key with ?key="
    ),
    r"^([1-9][0-9]{0,7}|DRAFT)$": "the number of a version, or DRAFT",
    r"^([a-z0-9]+|arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]{12}:guardrail/[a-z0-9]+)$": (
        "the identifier of a guardrail or its ARN"
    ),
    r"^[A-Za-z][A-Za-z0-9_]{0,99}$": f"a name: {_NAME}",
    r"^[A-Za-z][A-Za-z0-9_]{0,99}(\.[A-Za-z][A-Za-z0-9_]{0,99}){0,4}$": _PATH,
    r"^(_id|_created|_updated|[A-Za-z][A-Za-z0-9_]{0,99}(\.[A-Za-z][A-Za-z0-9_]{0,99}){0,4})$": (
        f"{_PATH}, or _id, _created or _updated"
    ),
    r"^(_created|_updated|[A-Za-z][A-Za-z0-9_]{0,99}(\.[A-Za-z][A-Za-z0-9_]{0,99}){0,4})$": (
        f"{_PATH}, or _created or _updated"
    ),
    r"^[A-Za-z][A-Za-z0-9_]{0,99}(\^[0-9]+(\.[0-9]+)?)?$": "the name of a property, with a weight if wanted: title^2",
    r"\S": "text that is not blank",
    r"^\S+$": "a word without blanks",
    r"^[\t\x20\x21\x23-\x7e]$": "one ASCII character other than a double quote",
    r"^[\t\x20-\x7e]$": "one printable ASCII character, or a tab",
    r"^[0-9]{1,9}(\.[0-9]{1,6})?(s|m|h|d|w)$": "a duration such as 12h or 1.5d (units s, m, h, d, w)",
    r"^[1-9][0-9]{0,9}[smhdw]$": "a duration such as 30d or 12h (units s, m, h, d, w)",
    r"^(_created|_updated|[A-Za-z][A-Za-z0-9_]{0,99})$": f"a name: {_NAME}, or _created or _updated",
    r"^[^/\x00-\x1f]{1,200}$": "a file name of at most 200 characters, without slashes and control characters",
    r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+$": "the address of an S3 object such as s3://bucket/folder/file.csv",
    r"^[1-9][0-9]{0,17}\.[0-9]{1,18}$": "a version as returned with an object, such as 1.12",
    r"^[!-~]{1,1024}$": "printable ASCII without blanks, at most 1,024 characters",
    r"^[!-~]{1,255}$": "printable ASCII without blanks, at most 255 characters",
    r"^[A-Za-z0-9][A-Za-z0-9:._/-]*$": "a model id such as amazon.titan-embed-text-v2:0, or an ARN",
    r"^[A-Za-z0-9][-A-Za-z0-9:._/]*$": "a model id such as amazon.nova-lite-v1:0, or an ARN",
    r"^[A-Za-z0-9][A-Za-z0-9_+=,.@:/-]*$": (
        "the name of a role of the stage, or its ARN such as arn:aws:iam::123456789012:role/name"
    ),
    r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$": "an endpoint name: at most 63 letters, digits and single hyphens inside",
    r"^[!-~]([ -~]*[!-~])?$": "printable ASCII text without blanks at its ends",
    r'^"?[0-9A-Za-z._-]{1,128}"?$': "an ETag as S3 returned it for the part",
}
_MISSING = object()


class _Problem(NamedTuple):
    """One error of pydantic, at its place in the body."""

    kind: str
    path: tuple[str | int, ...]
    value: Any
    context: Mapping[str, Any]
    message: str


def invalid_request(problems: Sequence[Any], model: Any = None, body: Any = None) -> InvalidRequestError:
    """Translate the errors of a body (`errors()` of the exception) that should be a `model`."""
    located = [_locate(problem, body) for problem in problems if problem["type"] != "is_instance_of"]
    return _report(list(_merge(located, model, body)))


def invalid_parameters(problems: Sequence[Any]) -> InvalidRequestError:
    """Translate the errors of parameters, which have their input with them and their source first in their place."""
    found = [
        _Problem(each["type"], tuple(each["loc"][1:]), each.get("input"), each.get("ctx", {}), each["msg"])
        for each in problems[:MAX_DETAILS]
    ]
    if any(not problem.path for problem in found):
        return InvalidRequestError.at("body", "a JSON object is required, but the request has no body")
    return _report([ErrorDetail(_dotted(problem.path), _sentence(problem)) for problem in found])


def _report(details: Sequence[ErrorDetail]) -> InvalidRequestError:
    shown = list(dict.fromkeys(details))[:MAX_DETAILS]
    first, more = shown[0], len(shown) - 1
    sentence = f"{first.field}: {first.message}" + ("" if first.message.endswith("?") else ".")
    return InvalidRequestError(sentence + (f" {more} more in details." if more else ""), shown)


def _locate(problem: Any, body: Any) -> _Problem:
    """Find the path of a problem in the body: a step that is not in it is the name of a branch of a union."""
    path: list[str | int] = []
    value = body
    steps = [step for step in problem["loc"] if step != "[key]"]
    for number, step in enumerate(steps, 1):
        if step in _steps(value):
            value = value[step]
        elif problem["type"] == "missing" and number == len(steps):
            value = _MISSING
        else:
            continue
        path.append(step)
    context = problem.get("ctx", {})
    if problem["loc"] and problem["loc"][-1] == "[key]":
        value = problem["loc"][-2]
    elif problem["type"] in ("union_tag_invalid", "union_tag_not_found"):
        name = context["discriminator"].strip("'")
        path.append(name)
        value = value.get(name) if isinstance(value, dict) else None
    return _Problem(problem["type"], tuple(path), value, context, str(problem["msg"]))


def _steps(value: Any) -> Collection[Any]:
    """Return the names of an object, or the indices of a list."""
    if isinstance(value, list):
        return range(len(value))
    return value if isinstance(value, dict) else ()


def _merge(problems: Sequence[_Problem], model: Any, body: Any) -> Iterator[ErrorDetail]:
    """Yield one detail for each problem, unknown fields first, and one for all types that a value could have had."""
    # A branch of a union that does not fit at all says nothing if another one fits except for something inside.
    inside = {problem.path[:length] for problem in problems for length in range(len(problem.path))}
    paths = Counter(problem.path for problem in problems)
    expected = _expected_types([problem for problem in problems if problem.path not in inside])
    # Another branch accepts the type of the value, and says more about it than a list of constants.
    problems = [each for each in problems if each.kind != "literal_error" or paths[each.path] == 1]
    others = [problem for problem in problems if problem.kind not in EXPECTED]
    # A value that has the type of a branch is beyond its bound: a list of the other types would not say so.
    bounded = {problem.path for problem in others if problem.kind in BOUNDS}
    expected = {path: kinds for path, kinds in expected.items() if path not in bounded}
    for problem in sorted(others, key=lambda each: each.kind != "extra_forbidden"):
        if problem.kind == "extra_forbidden":
            yield ErrorDetail(_dotted(problem.path), _unknown_field(problem, model, body))
        elif problem.path not in expected or problem.kind == "missing":
            yield ErrorDetail(_dotted(problem.path), _sentence(problem))
    for problem in problems:
        if (kinds := expected.pop(problem.path, None)) is not None:
            yield ErrorDetail(_dotted(problem.path), f"expected {_join(kinds)}, not {abbreviate(problem.value)}")


def _expected_types(problems: Sequence[_Problem]) -> dict[tuple[str | int, ...], list[str]]:
    """Return the types that the value at each path could have had."""
    expected: dict[tuple[str | int, ...], list[str]] = {}
    for problem in problems:
        if problem.kind in EXPECTED:
            expected.setdefault(problem.path, []).append(EXPECTED[problem.kind])
    for problem in problems:
        if problem.kind == "literal_error" and problem.path in expected:
            expected[problem.path].append(_one_of(problem.context).removeprefix("expected "))
    return expected


def _join(kinds: Sequence[str]) -> str:
    """Join alternatives: `a string, a number or a list`."""
    unique = list(dict.fromkeys(kinds))
    if "a number" in unique and "a whole number" in unique:
        unique.remove("a whole number")
    *first, last = unique
    return f"{', '.join(first)} or {last}" if first else last


def _dotted(path: Sequence[str | int]) -> str:
    return ".".join(str(step) for step in path)[:200] or "body"


def _unknown_field(problem: _Problem, model: Any, body: Any) -> str:
    name = str(problem.path[-1])
    known = known_fields(model, problem.path[:-1], body)
    if parents := [parent for parent, names in known.below.items() if name in names]:
        return f"unknown field here; it belongs in {_join(sorted(parents)[:4])}"
    if nearest := suggest(name, known.names):
        return f'unknown field; did you mean "{nearest}"?'
    if known.hint:
        return f"unknown field; {known.hint}"
    return f"unknown field; the fields are {', '.join(sorted(known.names))}" if known.names else "unknown field"


def _sentence(problem: _Problem) -> str:
    """Say what is wrong with a value, except for its type in a union."""
    if problem.kind == "value_error":
        return problem.message.removeprefix("Value error, ")
    if problem.kind in ("missing", "union_tag_not_found"):
        return REQUIRED
    value = abbreviate(problem.value)
    if problem.kind in EXPECTED:
        return f"expected {EXPECTED[problem.kind]}, not {value}"
    rule = RULES.get(problem.kind)
    return f"{rule(problem.context)}, not {value}{_did_you_mean(problem)}" if rule else f"{value} is not allowed here"


def _did_you_mean(problem: _Problem) -> str:
    choices = _choices(problem.context)
    nearest = suggest(problem.value, choices) if isinstance(problem.value, str) else None
    return f"; did you mean {abbreviate(nearest)}?" if nearest else ""


def _choices(context: Mapping[str, Any]) -> list[str]:
    return re.findall(r"'([^']*)'", str(context.get("expected_tags") or context.get("expected") or ""))


def _one_of(context: Mapping[str, Any]) -> str:
    """Render the values that are allowed: pydantic lists them as `'a', 'b' or 3`."""
    listed = str(context.get("expected_tags") or context.get("expected") or "")
    found = re.findall(r"'[^']*'|[^\s,']+", listed.replace(" or ", ", "))
    return "expected " + _join([f'"{each[1:-1]}"' if each.startswith("'") else each.lower() for each in found])


def _count(context: Mapping[str, Any], limit: str, word: str) -> str:
    number = context[limit]
    return f"expected {word} {number:,} item{'' if number == 1 else 's'}"


def _characters(context: Mapping[str, Any], limit: str, word: str) -> str:
    number = context[limit]
    return f"expected {word} {number:,} character{'' if number == 1 else 's'}"


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}"


BOUNDS = frozenset({"too_short", "too_long", "string_too_short", "string_too_long"})
# The beginning of the sentence about a value; `, not <value>` follows.
RULES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda context: f"must be at least {_number(context['ge'])}",
    "greater_than": lambda context: f"must be greater than {_number(context['gt'])}",
    "less_than_equal": lambda context: f"must be at most {_number(context['le'])}",
    "less_than": lambda context: f"must be less than {_number(context['lt'])}",
    "too_short": lambda context: _count(context, "min_length", "at least"),
    "too_long": lambda context: _count(context, "max_length", "at most"),
    "string_too_short": lambda context: _characters(context, "min_length", "at least"),
    "string_too_long": lambda context: _characters(context, "max_length", "at most"),
    "string_pattern_mismatch": lambda context: f"expected {PATTERNS.get(context['pattern'], 'another form')}",
    "literal_error": _one_of,
    "enum": _one_of,
    "union_tag_invalid": _one_of,
}
