"""Errors in the words of the command line: options and commands, not HTTP and Python. Pure."""

import re
from typing import Any

from alto.errors import AltoError, ErrorDetail

# What an error of this code says instead of the API's text, which advises requests. {name} is the quoted thing.
_SENTENCES = {
    "collection_not_found": "The collection {name} does not exist. `alto collections list` shows those that exist; "
    "`alto collections create` makes one.",
    "collection_exists": "The collection {name} exists already. `alto collections show` shows it; `alto collections "
    "delete` removes it.",
    "object_not_found": "The object {name} does not exist.",
    "import_not_found": "The import {name} does not exist, or its file has not arrived, or it is older than 90 days. "
    "`alto imports list` shows the imports.",
    "no_connection": "Alto does not respond at {url}: no connection. `alto up` starts one on this machine; --url names "
    "another; `alto doctor` finds the cause.",
    "connection_lost": "The connection to {url} broke before the response arrived. Run the command again; `alto "
    "doctor` finds the cause.",
    "timeout": "No response from {url} in time. Run the command again; `alto doctor` finds the cause.",
    "client_closed": "The connection is closed. Run the command again.",
}
# Fields of requests, as the options that set them.
_OPTIONS = {
    "limit": "--limit",
    "offset": "--offset",
    "filter": "--filter",
    "min_score": "--min-score",
    "highlight": "--highlight",
    "explain": "--explain",
    "context": "--context",
    "return_properties": "--properties",
    "include_vectors": "--vectors",
    "after": "--after",
    "collection": "--collection",
    "source": "FILE",
    "repeat": "--repeat",
    "options": "",
    "options.format": "--format",
    "options.gzip": "--gzip",
    "options.ids": "--any-ids",
    "options.mapping": "--map",
    "options.csv.delimiter": "--delimiter",
    "options.csv.columns": "--columns",
    "alpha": "--alpha",
    "fusion": "--fusion",
    "properties": "--in",
    "target_vector": "--target-vector",
    "query": "WORDS",
    "id": "ID",
    "uuid": "ID",
}
_MODES = ("near_text", "near_object", "near_vector", "bm25", "hybrid")
# Requests that messages advise, and the commands that make them.
_COMMANDS = (
    (r"POST (\S*/imports/\S+|\.\.\.)/resume", "`alto imports resume ID`"),
    (r"POST (\S*/imports/\S+|\.\.\.)/retry", "`alto imports retry ID`"),
    (r"POST (\S*/imports/\S+|\.\.\.)/cancel", "`alto imports cancel ID`"),
    (r"POST (\S*/|\.\.\./)imports", "`alto import FILE --collection NAME`"),
    (r"GET \S*/imports/\S+", "`alto imports show ID`"),
    (r"GET \S*/v1/imports", "`alto imports list`"),
    (r"DELETE \S*/v1/collections/[^\s/]+", "`alto collections delete NAME`"),
    (r"POST \S*/v1/collections(?!\S)", "`alto collections create`"),
    (r"GET \S*/v1/collections/[^\s/.]+", "`alto collections show NAME`"),
    (r"GET \S*/v1/collections", "`alto collections list`"),
)
_REQUEST = re.compile(r"^(GET|POST|PUT|PATCH|DELETE|HEAD) /\S*: ")
_PYTHON = re.compile(r";? ?[^.;]*\b(alto\.\w+|AdditionalConfig|client\.\w+)[^.;]*(\([^)]*\))?[.;]?")
_URL = re.compile(r"https?://[^\s/]+[^\s:,;()]*")
_NAME = re.compile(r"'[^']*'|[0-9a-f]{8}-[0-9a-f-]{27}")


def sentence_of(error: AltoError) -> str:
    """The error in one line: what is wrong, each field once, the code, and the request to look for in the log."""
    message = _message(error)
    # The API repeats its details in its message; each is shown once.
    details = [
        _detail(each) for each in error.details if not _repeats(message, each) and not _repeats(error.message, each)
    ]
    code = "" if error.status is None else f" [{error.code}]"
    found = f" (request {error.request_id})" if error.request_id else ""
    return " ".join(f"{message}{' ' if details else ''}{'; '.join(details)}{code}{found}".split())


def json_of_error(error: AltoError, exit_code: int) -> dict[str, Any]:
    """The error for programs, with `--json`."""
    details = [{"field": option_of(each.field), "message": _in_commands(each.message)} for each in error.details]
    return {
        "error": {
            "code": error.code,
            "message": _message(error),
            "details": details,
            "request_id": error.request_id,
            "exit_code": exit_code,
        }
    }


def option_of(field: str) -> str:
    """The option that sets a field of a request; the field itself if none does."""
    mode, _, rest = field.partition(".")
    short = rest if mode in _MODES else field
    return _OPTIONS.get(short) or field


def _message(error: AltoError) -> str:
    sentence = _SENTENCES.get(error.code)
    url, name = _URL.search(error.message), _NAME.search(error.message)
    if sentence is not None and ("{url}" not in sentence or url) and ("{name}" not in sentence or name):
        return sentence.format(url=url[0] if url else "", name=name[0] if name else "")
    if error.code == "client_error" and error.message.startswith("uuid: "):
        value = _NAME.search(error.message)
        return f"ID: {value[0] if value else 'this'} is not a UUID."
    return _in_commands(_REQUEST.sub("", error.message))


def _in_commands(text: str) -> str:
    """The text with commands for requests and options for fields, without advice for Python programs."""
    for pattern, command in _COMMANDS:
        text = re.sub(pattern, command, text)
    text = _PYTHON.sub("", text)
    field = re.match(r"(?:'([a-z_.]+)'|([a-z_]+(?:\.[a-z_]+)*):) ", text)
    if field:
        name = field[1] or field[2]
        if option_of(name) != name:
            text = f"{option_of(name)}{': ' if field[2] else ' '}{text[field.end() :]}"
    return text


def _detail(detail: ErrorDetail) -> str:
    return f"{option_of(detail.field)}: {_in_commands(detail.message)}"


def _repeats(message: str, detail: ErrorDetail) -> bool:
    return detail.message.rstrip(".") in message
