"""`python -m local`: Alto on this machine."""

import json
import os
import signal
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import httpx
import typer
from rich.console import Console

from local.aws_docs import BEST_KNOWN_SERVICES
from local.demo import Demo, next_step
from local.errors import LocalStackError
from local.running import RunningStack, find_running
from local.stack import STATE, Stack, TextGenerator

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Alto on this machine: start it, try it, stop it.")
console = Console()
if not console.is_terminal:
    # A file or a pipe has no width; rich would take 80 and cut the tables.
    console = Console(width=120)

SECONDS_TO_STOP = 60

StateOption = Annotated[Path, typer.Option("--state", help="The folder of the stack's data and logs.")]
PortOption = Annotated[int | None, typer.Option("--port", min=1, max=65_535, help="The port of Alto's API.")]
ConcurrencyOption = Annotated[
    int | None,
    typer.Option(
        "--concurrency", min=1, max=1_000, help="Executions of functions at once, as 10 in a new AWS account."
    ),
]
GeneratorOption = Annotated[
    TextGenerator,
    typer.Option(
        "--generator", help="Behind the text models: extractive quotes, smollm2 is a small language model that writes."
    ),
]


@app.command()
def up(
    port: PortOption = None,
    state: StateOption = STATE,
    concurrency: ConcurrencyOption = None,
    generator: GeneratorOption = TextGenerator.EXTRACTIVE,
) -> None:
    """Start Alto and keep it running until Ctrl-C."""
    try:
        with Stack(state.resolve(), port=port, console=console, concurrency=concurrency, generator=generator) as stack:
            assert stack.running
            _say(_instructions(stack.running))
            stack.watch()
    except KeyboardInterrupt:
        _say("Alto is stopped; its data are kept")


@app.command()
def demo(
    services: Annotated[str, typer.Option(help="Import these services only, as in kms,s3,ec2.")] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Import every service of AWS, about 20,000 operations.")
    ] = False,
    fresh: Annotated[bool, typer.Option(help="Delete the collection first.")] = False,
    state: StateOption = STATE,
    generator: GeneratorOption = TextGenerator.EXTRACTIVE,
) -> None:
    """Import the documentation of AWS's own API and ask it questions. Starts Alto if it does not run."""
    chosen = tuple(filter(None, services.split(","))) or BEST_KNOWN_SERVICES
    running = find_running(state.resolve())
    if running and generator is TextGenerator.SMOLLM2:
        raise LocalStackError(
            "--generator is chosen when Alto starts: stop it (`python -m local down`), then try again"
        )
    with nullcontext() if running else Stack(state.resolve(), console=console, generator=generator) as stack:
        found = running or (stack and stack.running)
        assert found
        with httpx.Client(base_url=found.url, timeout=40, trust_env=False) as api:
            Demo(found, console, api).run(None if everything else chosen, fresh=fresh)
        _say(next_step(found, stays=running is not None))


@app.command()
def status(state: StateOption = STATE) -> None:
    """Tell where Alto runs, as JSON; exit code 1 when it does not run."""
    running = find_running(state.resolve())
    if not running:
        _say("Alto does not run: start it with `make up`")
        raise typer.Exit(1)
    _say(json.dumps(asdict(running), indent=2))


@app.command()
def down(state: StateOption = STATE) -> None:
    """Stop a running Alto, wherever it was started."""
    running = find_running(state.resolve())
    if not running:
        _say("Alto does not run")
        return
    os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS_TO_STOP
    while find_running(state.resolve()):
        if time.monotonic() > deadline:
            raise LocalStackError(f"process {running.pid} does not stop; see {running.logs}")
        time.sleep(0.1)
    _say("Alto is stopped; its data are kept")


def _say(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _instructions(stack: RunningStack) -> str:
    access = "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=" + stack.region
    return f"""
Alto is at {stack.url}
  try          curl {stack.url}/v1/meta
  import       s3://{stack.bucket}/<Collection>/<name>.jsonl, region {stack.region}, for example:
               {access} \\
                 aws s3 cp articles.jsonl s3://{stack.bucket}/Article/ --endpoint-url {stack.endpoint}
  logs         {stack.logs}
  demo         make demo (in another terminal)
  read         {stack.url}/docs (the reference of the API, in a browser)
  look         alto ui --url {stack.url} (in another terminal: the console, in a browser)
Ctrl-C stops it.
"""


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main() -> None:
    # `kill`, and a terminal that is closed, end Alto as Ctrl-C does: in order, with everything stopped.
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        # A profile or an endpoint of the caller's has nothing to say here.
        del os.environ[name]
    try:
        app()
    except LocalStackError as error:
        _say(f"\nAlto: {error}")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
