"""Progress of uploads and imports, for a function of the caller or as a bar of rich."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from alto.classes.imports import ImportJob
from alto.errors import AltoConfigurationError


@contextmanager
def bytes_shown(progress: bool | Callable[[int, int], None], size: int) -> Generator[Callable[[int], None]]:
    """The function to call with each number of bytes sent. Parts are sent by several threads."""
    sent, lock = 0, Lock()

    def added(tell: Callable[[int, int], None]) -> Callable[[int], None]:
        def add(count: int) -> None:
            nonlocal sent
            with lock:
                sent += count
                tell(sent, size)

        return add

    if callable(progress):
        yield added(progress)
    elif not progress:
        yield lambda _: None
    else:
        rich = _rich()
        columns = (
            rich.TextColumn("{task.description}"),
            rich.BarColumn(),
            rich.DownloadColumn(),
            rich.TransferSpeedColumn(),
        )
        with rich.Progress(*columns) as bar:
            task = bar.add_task("uploading", total=size)
            yield added(lambda done, _: bar.update(task, completed=done))


@contextmanager
def job_shown(progress: bool | Callable[[ImportJob], None]) -> Generator[Callable[[ImportJob], None]]:
    """The function to call with the job after each request."""
    if callable(progress):
        yield progress
        return
    if not progress:
        yield lambda _: None
        return
    rich = _rich()
    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns) as bar:
        task = bar.add_task("import", total=1.0)

        def show(job: ImportJob) -> None:
            rate = f", {job.records_per_second:,.0f} a second" if job.records_per_second else ""
            failed = f", {job.failed:,} failed" if job.failed else ""
            share = 1.0 if job.state == "completed" else job.done_share or 0.0
            bar.update(task, description=f"{job.state}: {job.read:,} read{failed}{rate}", completed=share)

        yield show


def _rich() -> Any:
    try:
        import rich.progress
    except ImportError:
        raise AltoConfigurationError(
            "progress: a bar needs rich, which is not installed: `pip install rich`, or give a function instead of True"
        ) from None
    return rich.progress
