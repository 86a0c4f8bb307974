import json
from pathlib import Path

import pytest

from local import aws_docs
from local.errors import LocalStackError


def test_a_record_holds_service_operation_and_plain_documentation() -> None:
    records = {record["properties"]["operation"]: record for record in aws_docs.operations(["kms"])}

    rotate = records["RotateKeyOnDemand"]["properties"]

    assert rotate["service"] == "kms"
    assert rotate["service_name"] == "AWS Key Management Service"
    assert rotate["title"] == "KMS: Rotate Key On Demand"
    assert rotate["documentation"].startswith("Immediately initiates rotation of the key material")
    assert "<" not in rotate["documentation"]


def test_ids_and_order_are_the_same_whatever_order_the_services_are_named_in() -> None:
    assert list(aws_docs.operations(["sqs", "kms"])) == list(aws_docs.operations(["kms", "sqs", "kms"]))


def test_no_two_operations_share_an_id() -> None:
    ids = [record["id"] for record in aws_docs.operations(["dynamodb", "kms", "s3", "sqs"])]

    assert len(set(ids)) == len(ids)


def test_the_best_known_services_make_about_three_thousand_operations() -> None:
    assert 2_500 < sum(1 for _ in aws_docs.operations(aws_docs.BEST_KNOWN_SERVICES)) < 3_500


def test_an_unknown_service_is_named_in_the_error() -> None:
    with pytest.raises(LocalStackError, match="no service named 'kmz'"):
        list(aws_docs.operations(["kms", "kmz"]))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("<p>Call <code>GetKey</code>\n   first.</p>", "Call GetKey first."),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("<ul><li>x</li><li>y</li></ul>", "x y"),
        ("", ""),
    ],
)
def test_html_becomes_one_line_of_text(html: str, text: str) -> None:
    assert aws_docs.plain_text(html) == text


@pytest.mark.parametrize(
    ("name", "words"),
    [("RotateKeyOnDemand", "Rotate Key On Demand"), ("CreateDBInstance", "Create DB Instance"), ("Query", "Query")],
)
def test_an_operation_name_is_split_into_words(name: str, words: str) -> None:
    assert aws_docs.spaced(name) == words


def test_jsonl_has_one_record_per_line(tmp_path: Path) -> None:
    records = list(aws_docs.operations(["sts"]))

    assert aws_docs.write_jsonl(records, tmp_path / "sts.jsonl") == len(records)
    assert [json.loads(line) for line in (tmp_path / "sts.jsonl").read_text().splitlines()] == records
