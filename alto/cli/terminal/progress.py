"""Progress on stderr: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import TypeAlias

from alto.cli.terminal.output import cell, console, note, on_terminal

SECONDS_BETWEEN_LINES = 10.0

Show: TypeAlias = Callable[[float, float | None, str], None]


class Kind(Enum):
    """The columns of a bar besides its text."""

    BYTES = "size, speed and time left"
    COUNTED = "time left"
    SHARE = "percent: the text knows the rest"


@contextmanager
def bar(label: str, kind: Kind) -> Iterator[Show]:
    """A bar that lasts as long as its block. It is shown (done, total or None, text)."""
    if on_terminal(sys.stderr):
        with _rich_bar(label, kind) as show:
            yield show
    else:
        yield _lines(label)


@contextmanager
def _rich_bar(label: str, kind: Kind) -> Iterator[Show]:
    from rich import progress as rich
    from rich.table import Column

    # A narrow terminal cuts the text, never the label and the percent.
    whole = Column(no_wrap=True, min_width=len(cell(label)))
    percent = Column(no_wrap=True, min_width=4)
    room = console(error=True).width
    extra: dict[Kind, list[rich.ProgressColumn]] = {
        Kind.BYTES: [rich.DownloadColumn(), rich.TransferSpeedColumn(), rich.TimeRemainingColumn(compact=True)],
        Kind.COUNTED: [rich.TextColumn("{task.fields[text]}"), rich.TimeRemainingColumn(compact=True)],
        Kind.SHARE: [rich.TaskProgressColumn(table_column=percent), rich.TextColumn("{task.fields[text]}")],
    }
    name = rich.TextColumn("{task.description}", table_column=whole)
    columns = [rich.SpinnerColumn(), name, rich.BarColumn(bar_width=min(20, room // 6)), *extra[kind]]
    with rich.Progress(*columns, console=console(error=True)) as made:
        task = made.add_task(cell(label), total=None, text="")

        def show(done: float, total: float | None, text: str) -> None:
            made.update(task, completed=done, total=total, text=text)

        yield show


def _lines(label: str) -> Show:
    """The first line, and then one every ten seconds: a log stays short."""
    said_at, last = float("-inf"), ""

    def show(_done: float, _total: float | None, text: str) -> None:
        nonlocal said_at, last
        if time.monotonic() - said_at >= SECONDS_BETWEEN_LINES and text != last:
            said_at, last = time.monotonic(), text
            note(f"{label}: {text}")

    return show
