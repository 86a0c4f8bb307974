"""`python -m local.emulator --port 0 --model minilm`: prints {"url": ...} when it is ready, serves until a signal."""

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from local.emulator.server import MODELS, Options, serve
from local.errors import LocalStackError


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        asyncio.run(_run(Options.parse(_options(given)), until_stdin_closes=given.until_stdin_closes))
    except LocalStackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.emulator", description="Bedrock and SageMaker runtime, locally."
    )
    parser.add_argument("--port", type=int, help="0 (default): any free one")
    parser.add_argument("--model", choices=MODELS, help="minilm (default): real vectors; stub: none, for benchmarks")
    parser.add_argument("--threads", type=int, help="of the model; default: one per core")
    parser.add_argument("--latency-ms", type=float, help="the least time a call takes")
    parser.add_argument("--requests-per-second", type=float, help="calls above it are throttled")
    parser.add_argument("--fail", action="append", type=_pair, default=[], metavar="KIND=RATE", help="429=0.1")
    parser.add_argument("--seed", type=int, help="of the failures")
    parser.add_argument(
        "--profile", action="append", type=_pair, default=[], metavar="ARN=MODEL", help="application inference profile"
    )
    parser.add_argument(
        "--endpoint", action="append", type=_pair, default=[], metavar="NAME=STYLE", help="SageMaker endpoint"
    )
    parser.add_argument("--smollm2", metavar="PYTHON", help="of requirements/smollm2.txt: SmolLM2 writes the texts")
    parser.add_argument("--s3-endpoint", help="where batch jobs find their files")
    parser.add_argument(
        "--options", type=json.loads, default={}, help="all of the above and more, as JSON (server.Options)"
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with the process that holds the pipe")
    return parser


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r} has no '='")
    return name, value


def _options(given: argparse.Namespace) -> dict[str, Any]:
    """--options, overridden by the options that were named one by one."""
    named = {name: getattr(given, name) for name in ("port", "model", "threads", "s3_endpoint", "smollm2")}
    plan = {name: getattr(given, name) for name in ("latency_ms", "requests_per_second", "seed")}
    options = {**given.options, **{name: value for name, value in named.items() if value is not None}}
    faults = {**options.get("faults", {}), **{name: value for name, value in plan.items() if value is not None}}
    if given.fail:
        faults["rates"] = {kind: float(rate) for kind, rate in given.fail}
    options["faults"] = faults
    options["profiles"] = {**options.get("profiles", {}), **dict(given.profile)}
    options["endpoints"] = {**options.get("endpoints", {}), **dict(given.endpoint)}
    return options


async def _run(options: Options, *, until_stdin_closes: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if until_stdin_closes:
        threading.Thread(target=_drain_stdin, args=(lambda: loop.call_soon_threadsafe(stop.set),), daemon=True).start()
    await serve(options, lambda url: print(json.dumps({"url": url}), flush=True), stop)


def _drain_stdin(closed: Callable[[], object]) -> None:
    # Not through sys.stdin: a daemon thread inside its buffer would abort the interpreter's exit.
    while os.read(0, 4096):
        pass
    closed()


if __name__ == "__main__":
    sys.exit(main())
