"""The demo's corpus: the documentation of AWS's own API operations, as the installed botocore ships it."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import botocore.loaders

from local.errors import LocalStackError

# The services most people have met, about 3,000 operations together; `--all` takes every service instead.
BEST_KNOWN_SERVICES = (
    "acm", "apigatewayv2", "autoscaling", "backup", "bedrock-runtime", "cloudformation", "cloudfront", "cloudtrail",
    "cloudwatch", "dynamodb", "ec2", "ecs", "efs", "eks", "elbv2", "events", "firehose", "iam", "kinesis", "kms",
    "lambda", "logs", "opensearch", "rds", "route53", "s3", "scheduler", "secretsmanager", "sns", "sqs",
    "stepfunctions", "sts",
)  # fmt: skip

# Where a name in camel case breaks: before a capital after a lower-case letter or a digit, and before the last
# capital of an acronym ("DBInstance" is "DB Instance").
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

# Elements after which a reader expects a gap; inline elements (code, a, b, i) leave the words around them joined.
_BLOCKS = frozenset({"p", "li", "ul", "ol", "note", "important", "br", "dt", "dd", "div", "h1", "h2", "h3", "tr", "td"})


class _TextOnly(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append(" ")


def plain_text(html: str) -> str:
    """The text of an HTML fragment on one line, entities decoded, whitespace folded."""
    parser = _TextOnly()
    parser.feed(html)
    parser.close()
    return " ".join("".join(parser.parts).split())


def spaced(name: str) -> str:
    """An operation's name in words: `RotateKeyOnDemand` -> `Rotate Key On Demand`."""
    return _WORD_BREAK.sub(" ", name)


def _records(service: str, model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    metadata = model["metadata"]
    service_name = metadata["serviceFullName"]
    for operation in sorted(model["operations"]):
        yield {
            "id": str(uuid5(NAMESPACE_URL, f"{service}:{operation}")),
            "properties": {
                "service": service,
                "service_name": service_name,
                "operation": operation,
                "title": f"{metadata.get('serviceAbbreviation', service_name)}: {spaced(operation)}",
                "documentation": plain_text(model["operations"][operation].get("documentation", "")),
            },
        }


def operations(services: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """One object per API operation: `{"id", "properties": {service, service_name, operation, title, documentation}}`.

    `services` are botocore's names (`kms`, `s3`); None takes every service. Order and ids are the same in every run.
    Raises LocalStackError for a name that botocore does not know.
    """
    loader = botocore.loaders.create_loader()
    known = loader.list_available_services("service-2")
    chosen = known if services is None else services
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise LocalStackError(
            f"botocore knows no service named {', '.join(map(repr, unknown))}; "
            "write its names as in boto3.client(...), for example: kms,s3,ec2"
        )
    for service in sorted(set(chosen)):
        yield from _records(service, loader.load_service_model(service, "service-2"))


def write_jsonl(records: Iterable[dict[str, Any]], path: Path) -> int:
    """Writes one record per line (UTF-8) and returns their number."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    return count
