"""How a generated text is shown: with the numbers of its sources, and these beneath."""

from typing import Any

from alto.cli.terminal.output import cell, note, on_terminal, show_line, show_rows
from alto.errors import error_from_response

# Properties that name an object, by preference.
NAMES = ("title", "name", "headline", "subject")
_STOPPED = {
    "max_tokens": "The text is cut at the largest number of tokens: --max-tokens.",
    "guardrail_intervened": "A guardrail stepped in: this is its message.",
    "content_filtered": "The model's filter stepped in.",
    "model_context_window_exceeded": "The model cannot read so much: --limit or --context-tokens.",
}


def show_text(response: dict[str, Any], *, quiet: bool = False) -> None:
    """The text of a response, or its error, which is raised. quiet: only the error."""
    generated = response["generated"]
    if error := generated.get("error"):
        raise error_from_response(error["status"], {}, {"error": error})
    if quiet:
        return
    text, sources = numbered(generated["text"], generated.get("citations") or ())
    if on_terminal():
        for line in text.splitlines():
            show_line(line)
        _show_sources(sources, response["objects"])
    else:
        show_line(cell(text))
        rows = [(number, each["id"], each["property"], each["quote"]) for number, each in enumerate(sources, 1)]
        show_rows((), rows)
    _show_remarks(generated)


def numbered(text: str, citations: Any) -> tuple[str, list[dict[str, Any]]]:
    """The text with `[n]` behind each statement that has a source, and the sources in the order of their numbers."""
    numbers: dict[tuple[str, str, str], int] = {}
    sources: list[dict[str, Any]] = []
    marks: dict[int, list[int]] = {}
    for each in sorted(citations, key=lambda citation: citation["end"]):
        key = (each["id"], each["property"], each["quote"])
        if key not in numbers:
            sources.append(each)
            numbers[key] = len(sources)
        behind = marks.setdefault(each["end"], [])
        if numbers[key] not in behind:
            behind.append(numbers[key])
    for end in sorted(marks, reverse=True):
        shown = "".join(f"[{number}]" for number in marks[end])
        text = f"{text[:end].rstrip()} {shown}{text[end:]}"
    return text, sources


def _show_sources(sources: list[dict[str, Any]], objects: list[dict[str, Any]]) -> None:
    properties = {each["id"]: each["properties"] for each in objects}
    if sources:
        show_line("")
    for number, each in enumerate(sources, 1):
        found = properties.get(each["id"], {})
        name = next((str(found[name]) for name in NAMES if found.get(name)), "")
        place = f"{cell(name)}, {each['property']} of {each['id']}" if name else f"{each['property']} of {each['id']}"
        show_line(f'[{number}] "{cell(each["quote"])}"', indent=4)
        show_line(f"    {place}", indent=4)


def _show_remarks(generated: dict[str, Any]) -> None:
    reason = generated.get("stop_reason")
    if reason in _STOPPED:
        note(_STOPPED[reason])
    if dropped := generated.get("dropped_citations"):
        note(f"Sources that are not in the objects were left out: {dropped}.")
    if left_out := (generated.get("context") or {}).get("left_out"):
        note(f"Objects that the model did not read, for their length: {left_out} (--context-tokens).")
