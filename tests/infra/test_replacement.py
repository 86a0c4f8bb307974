"""No update replaces domain, table, bucket, queue, key or API by accident.

What decides about that is committed for each stage in `snapshots/`. `make snapshots` renews it, on purpose: read the
diff as what it is, a list of what the next deployment replaces with something empty.
"""

import json
import os
from collections.abc import Callable

import pytest

from tests.infra.identity import LASTING, as_text, identity, replacing, snapshot_of
from tests.infra.synthesis import Synthesis

REMEDY = (
    "The next deployment of stage {stage} would replace what is listed here, with its data. If that is meant, run "
    "`make snapshots` and commit the files."
)


def test_an_update_keeps_what_lasts(stage: Synthesis) -> None:
    file = snapshot_of(stage)
    if os.environ.get("ALTO_RENEW_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(as_text(identity(stage)))

    assert identity(stage) == json.loads(file.read_text()), REMEDY.format(stage=stage.stage)


def test_everything_that_lasts_is_watched(prod: Synthesis) -> None:
    assert {each["Type"] for each in identity(prod).values()} == set(LASTING)


@pytest.mark.parametrize(
    ("kind", "some"),
    [
        ("AWS::OpenSearchService::Domain", {"DomainName", "EncryptionAtRestOptions.KmsKeyId", "VPCOptions"}),
        ("AWS::DynamoDB::Table", {"TableName", "KeySchema"}),
        ("AWS::S3::Bucket", {"BucketName"}),
        ("AWS::SQS::Queue", {"QueueName", "FifoQueue"}),
    ],
)
def test_aws_says_which_properties_replace_a_resource(kind: str, some: set[str]) -> None:
    assert some <= set(replacing(kind))


def test_a_domain_that_moves_into_a_vpc_is_noticed(synthesize: Callable[..., Synthesis], dev: Synthesis) -> None:
    moved = identity(synthesize("dev", network="vpc", model_regions="[]"))

    assert moved != identity(dev)
    assert moved.keys() == identity(dev).keys()
