"""Tables in Markdown, and the place of a page that a benchmark writes them to."""

from pathlib import Path

END = "<!-- end -->"


def table(rows: list[list[str]]) -> str:
    """Rows of cells as a table; the first is its head."""
    head, *body = rows
    ruled = [head, ["---", *("---:" for _ in head[1:])], *body]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def write_between(page: Path, begin: str, text: str) -> None:
    """Put the text between the two marks of the page. Raises `ValueError` if it has them not."""
    before, found, rest = page.read_text().partition(begin)
    _, end, after = rest.partition(END)
    if not (found and end):
        raise ValueError(f"{page.name} has no place for the tables: write a line {begin!r} and a line {END!r}.")
    page.write_text(f"{before}{begin}\n\n{text}\n\n{END}{after}")
