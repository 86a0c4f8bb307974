"""`make bench-citations`: questions about the documentation of AWS, through the deployed stack, each citation checked.

The real template is deployed into a stack of its own, and the documentation of the best-known services is imported.
Then 200 questions are asked that it covers, and 50 that it does not (`questions/`, written before the code). A
citation is right if its quote is, word for word, where it says in the object as the API returns it, and if it belongs
to a statement of the text. To a question that it does not cover the response has to be "The passages do not say."

The emulator's model quotes; what is measured is the way from the hits to the checked citations, not how well a model
writes. `--model` takes another one: `amazon.nova-lite-v1:0` cites by numbers that Alto asks for. `--keep` writes the
result to `results/citations.json`.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from local.aws_docs import BEST_KNOWN_SERVICES
from local.demo import COLLECTION, Demo
from local.stack import Stack

QUESTIONS = Path(__file__).parent / "questions"
RESULTS = Path(__file__).parent / "results" / "citations.json"
CITES_NATIVELY = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
CITES_BY_NUMBERS = "amazon.nova-lite-v1:0"
UNKNOWN = "The passages do not say."
# At least so many of the 50 questions that are not covered.
LEAST_UNKNOWN = 45
HITS = 5

Call = Callable[[str, str, Any], Any]


@dataclass
class Tally:
    """The counts of a set of questions."""

    questions: int = 0
    replied: int = 0
    unknown: int = 0
    failed: int = 0
    citations: int = 0
    dropped: int = 0
    uncited: int = 0
    milliseconds: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """The counts, with the median of the time."""
        found = asdict(self)
        times = sorted(found.pop("milliseconds"))
        return found | {"median_ms": times[len(times) // 2] if times else None}


def questions(name: str) -> list[str]:
    """The questions of a file."""
    return (QUESTIONS / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def ask_all(call: Call, asked: Iterable[str], collection: str, model: str, properties: Sequence[str]) -> Tally:
    """Ask each question and check its citations."""
    tally = Tally()
    for question in asked:
        body = {
            "hybrid": {"query": question},
            "limit": HITS,
            "generate": {"grouped_task": question, "model": model, "properties": list(properties)},
        }
        response = call("POST", f"/v1/collections/{collection}/generate", body)
        tally.questions += 1
        tally.milliseconds.append(response["took_ms"])
        _count(tally, question, response["generated"], lambda path: call("GET", path, None), collection)
    return tally


def _count(tally: Tally, question: str, generated: dict[str, Any], read: Callable[[str], Any], collection: str) -> None:
    if generated.get("error"):
        tally.failed += 1
        tally.wrong.append(f"{question}: {generated['error']}")
        return
    citations = generated["citations"]
    tally.dropped += generated["dropped_citations"]
    if UNKNOWN in generated["text"]:
        tally.unknown += 1
    else:
        tally.replied += 1
        tally.uncited += not citations
    for citation in citations:
        tally.citations += 1
        stored = read(f"/v1/collections/{collection}/objects/{citation['id']}")["properties"]
        if problem := wrong_citation(citation, stored, generated["text"]):
            tally.wrong.append(f"{question}: {problem}: {citation}")


def wrong_citation(citation: dict[str, Any], stored: dict[str, Any], text: str) -> str | None:
    """Why a citation is wrong; None if its quote is where it says in the stored object."""
    value = stored.get(citation["property"])
    if citation.get("item") is not None:
        value = value[citation["item"]] if value else None
    if not isinstance(value, str):
        return "the object has no such text"
    if not citation["quote"].strip() or value[citation["quote_start"] : citation["quote_end"]] != citation["quote"]:
        return "the quote is not there"
    if not text[citation["start"] : citation["end"]].strip():
        return "it belongs to no statement"
    return None


def main() -> None:
    """Deploy, import, ask, and say whether it is right."""
    parser = argparse.ArgumentParser(prog="make bench-citations", description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default=CITES_NATIVELY)
    parser.add_argument("--services", default=",".join(BEST_KNOWN_SERVICES), help="of which the documentation is read")
    parser.add_argument("--keep", action="store_true", help=f"write the result to {RESULTS.name}")
    given = parser.parse_args()
    console = Console(file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder), console=console) as stack:
        assert stack.running
        with httpx.Client(base_url=stack.running.url, timeout=60, trust_env=False) as api:
            Demo(stack.running, console, api).load(given.services.split(","))

            def call(method: str, path: str, body: Any) -> Any:
                response = api.request(method, path, json=body)
                response.raise_for_status()
                return response.json()

            readable = ("title", "documentation")
            found = {
                name: ask_all(call, questions(name), COLLECTION, given.model, readable)
                for name in ("covered", "uncovered")
            }
    result = {"model": given.model, "services": given.services, "hits": HITS} | {
        name: tally.shown() for name, tally in found.items()
    }
    print(json.dumps(result, indent=2, ensure_ascii=False))
    if given.keep:
        RESULTS.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    wrong = sum(len(tally.wrong) for tally in found.values())
    if wrong or found["uncovered"].unknown < LEAST_UNKNOWN:
        sys.exit(f"Not right: {wrong} wrong citations, {found['uncovered'].unknown} of 50 that say so.")


if __name__ == "__main__":
    main()
