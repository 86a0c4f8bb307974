"""Shows the steps and their durations; plain lines without a terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Steps:
    """A context manager; steps may run in several threads at once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.seconds: dict[str, float] = {}
        self._live = (
            Progress(
                SpinnerColumn(finished_text="✓"), TextColumn("{task.description}"), TimeElapsedColumn(), console=console
            )
            if console.is_terminal
            else None
        )

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Times a block. A failed step is shown as under way: the error itself is reported by the caller."""
        began = time.monotonic()
        task = self._begin(title)
        yield
        self.seconds[title] = time.monotonic() - began
        if self._live and task is not None:
            self._live.update(task, completed=1)
        else:
            self._console.print(f"  {self.seconds[title]:6.1f} s  {title}", highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """One line about a step that is under way."""
        (self._live.console if self._live else self._console).print(
            f"            {text}", highlight=False, soft_wrap=True
        )

    def _begin(self, title: str) -> TaskID | None:
        return self._live.add_task(title, total=1) if self._live else None
