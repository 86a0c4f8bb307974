"""How hits are shown: a panel for each on a terminal, a line for each elsewhere."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alto.cli.terminal.output import cell, console, on_terminal, show_rows

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

# Lines of a property that are shown on a terminal.
MAX_LINES = 3
LABEL_WIDTH = 20


def show_hits(response: dict[str, Any], properties: Sequence[str]) -> None:
    """Hits with score, id and properties.

    As lines: score (or distance), key or else id, and the named properties; if none were named, all of them as one JSON
    object.
    """
    hits = response["objects"]
    if not on_terminal():
        show_rows((), [(strength(hit)[1], hit.get("key") or hit["id"], *_values(hit, properties)) for hit in hits])
        return
    screen = console()
    for rank, hit in enumerate(hits, 1):
        screen.print(_heading(rank, hit))
        screen.print(_details(hit, properties, screen.width))
    screen.print(f"{len(hits)} of {response['total']:,} in {response['took_ms']:,} ms", style="dim")


def strength(hit: dict[str, Any]) -> tuple[str, float | None]:
    """The value by which the hits are sorted: its name, and its value for this hit."""
    for name in ("score", "distance"):
        if hit.get(name) is not None:
            return name, hit[name]
    return "score", None


def _values(hit: dict[str, Any], properties: Sequence[str]) -> list[Any]:
    found = hit["properties"]
    return [found.get(name) for name in properties] if properties else [found]


def _heading(rank: int, hit: dict[str, Any]) -> "Text":
    from rich.text import Text

    name, value = strength(hit)
    return Text.assemble(
        (f"{rank}. ", "bold"),
        ("" if value is None else f"{name} {value:.4g}", "bold green"),
        "  ",
        (cell(hit["key"]) + "  " if hit.get("key") else "", "bold"),
        (cell(hit["id"]), "dim"),
    )


def _details(hit: dict[str, Any], properties: Sequence[str], width: int) -> "RenderableType":
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True, max_width=LABEL_WIDTH)
    grid.add_column(overflow="fold")
    found = hit["properties"]
    room = MAX_LINES * max(20, width - LABEL_WIDTH)
    for name in properties or found:
        if name in found:
            grid.add_row(Text(cell(name)), Text(_cut(cell(found[name]), room)))
    for passage in hit.get("context") or ():
        # Its text is its longest property.
        text = max((value for value in passage["properties"].values() if isinstance(value, str)), key=len, default="")
        grid.add_row(Text(f"(passage {passage['ordinal']})", "dim"), Text(_cut(cell(text), room), "dim"))
    for leg in (hit.get("explanation") or {}).get("legs", ()):
        part = f"{leg['contribution']:.4f} = {leg['weight']:.4g} x {leg['normalized']:.4f}, from {leg['score']:.4g}"
        grid.add_row(Text(f"({leg['leg']})", "magenta"), Text(part, "magenta"))
    for name, vector in (hit.get("vectors") or {}).items():
        grid.add_row(Text(f"[{cell(name)}]"), Text(_cut(cell(vector), room // MAX_LINES)))
    return Padding(grid, (0, 0, 1, 3))


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
