"""The services that Alto calls without a client of botocore: their names and URLs."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from botocore.endpoint_provider import RuleSetStandardLibrary


class Service(NamedTuple):
    """The first part of its host name, and its name in signatures."""

    host: str
    signing_name: str


# By the names that botocore's clients have.
SERVICES = {
    "bedrock-runtime": Service("bedrock-runtime", "bedrock"),
    "bedrock-agent-runtime": Service("bedrock-agent-runtime", "bedrock"),
    "sagemaker-runtime": Service("runtime.sagemaker", "sagemaker"),
}


def service_url(name: str, region: str, environment: Mapping[str, str]) -> str:
    """Return the URL of one of `SERVICES`, without a path. `AWS_ENDPOINT_URL_*` and `AWS_ENDPOINT_URL` override it.

    The domain is that of the region's partition, by botocore's own rule. A client of botocore would give the same URL,
    and take a quarter of a second of the first search for it.
    """
    variable = f"AWS_ENDPOINT_URL_{name.replace('-', '_').upper()}"
    override = environment.get(variable) or environment.get("AWS_ENDPOINT_URL")
    if override:
        return override.rstrip("/")
    return f"https://{SERVICES[name].host}.{region}.{_partitions().aws_partition(region)['dnsSuffix']}"


@cache
def _partitions() -> "RuleSetStandardLibrary":
    # Imported here because a search that calls no model does without.
    from botocore.endpoint_provider import RuleSetStandardLibrary  # noqa: PLC0415
    from botocore.loaders import Loader  # noqa: PLC0415

    return RuleSetStandardLibrary(Loader().load_data("partitions"))
