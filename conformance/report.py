"""The report: one JSON file and the same as readable Markdown. It names no account, no key and no address."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from conformance.scenario import Figures

State = Literal["passed", "failed", "skipped"]

FORMAT = 1
MASK = "<account>"
SECRETS = (
    (re.compile(r"\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}\b"), "<key>"),
    (re.compile(r"X-Amz-(?:Signature|Credential|Security-Token)=[^&\s\"']+"), "X-Amz-…"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "<token>"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "<e-mail>"),
    # Addresses of the API and of the domain, and the ids in them.
    (re.compile(r"https?://[^\s\"'/<>]+"), "<address>"),
    (re.compile(r"\b\d{12}\b"), MASK),
)


@dataclass(frozen=True)
class Outcome:
    """The result of a step of the kit."""

    name: str
    title: str
    state: State
    seconds: float
    figures: Figures = field(default_factory=dict)
    reason: str = ""


@dataclass
class Report:
    """The results of a run, in order. `about` describes the stage."""

    about: dict[str, Any]
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def failed(self) -> list[Outcome]:
        """The steps that failed."""
        return [each for each in self.outcomes if each.state == "failed"]

    def as_json(self) -> dict[str, Any]:
        """The report as it is written, masked."""
        whole = {
            "format": FORMAT,
            "about": self.about,
            "began": self.began.isoformat(timespec="seconds"),
            "ended": self.ended.isoformat(timespec="seconds") if self.ended else None,
            "outcomes": [asdict(each) for each in self.outcomes],
        }
        masked: dict[str, Any] = mask(whole)
        return masked

    def as_markdown(self) -> str:
        """The report for people, masked."""
        return "\n".join(_lines(self.as_json())) + "\n"

    def write(self, folder: Path) -> Path:
        """Write both files; returns the path of the Markdown."""
        folder.mkdir(parents=True, exist_ok=True)
        base = folder / f"conformance-{self.about['stage']}-{self.began:%Y%m%d-%H%M%S}"
        base.with_suffix(".json").write_text(json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n")
        base.with_suffix(".md").write_text(self.as_markdown())
        return base.with_suffix(".md")


def with_bill(path: Path, report: dict[str, Any], figures: Figures) -> None:
    """Write a report (its JSON) again, with the figures of the bill in place of those that it had."""
    outcome = asdict(Outcome("bill", "The bill", "passed", 0, figures))
    report["outcomes"] = [each for each in report["outcomes"] if each["name"] != "bill"] + [outcome]
    masked = mask(report)
    path.write_text(json.dumps(masked, indent=2, ensure_ascii=False) + "\n")
    path.with_suffix(".md").write_text("\n".join(_lines(masked)) + "\n")


def mask(value: Any) -> Any:
    """A JSON value without account ids, keys, tokens and addresses."""
    if isinstance(value, dict):
        return {mask(name): mask(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [mask(each) for each in value]
    if not isinstance(value, str):
        return value
    for pattern, instead in SECRETS:
        value = pattern.sub(instead, value)
    return value


def _lines(report: dict[str, Any]) -> Iterator[str]:
    outcomes = report["outcomes"]
    counts = {state: sum(each["state"] == state for each in outcomes) for state in ("passed", "failed", "skipped")}
    yield f"# Conformance of stage {report['about']['stage']}"
    yield ""
    yield f"{', '.join(f'{count} {state}' for state, count in counts.items())}. {report['began']} to {report['ended']}."
    yield ""
    for name, value in report["about"].items():
        yield f"- {name}: {_short(value)}"
    yield ""
    yield "| step | result | seconds | |"
    yield "|---|---|---|---|"
    for each in outcomes:
        yield f"| {each['title']} | **{each['state']}** | {each['seconds']:.1f} | {_cell(each['reason'])} |"
    for each in outcomes:
        if each["figures"]:
            yield ""
            yield f"## {each['title']}"
            yield ""
            for name, value in each["figures"].items():
                yield from _figure(name, value)


def _figure(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield f"- {name}:"
        yield from (f"  - {key}: {_short(each)}" for key, each in value.items())
    else:
        yield f"- {name}: {_short(value)}"


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
