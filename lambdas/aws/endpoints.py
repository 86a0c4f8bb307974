"""Where AWS's services answer. Pure: the environment is handed in."""

from collections.abc import Mapping
from typing import NamedTuple


class Service(NamedTuple):
    """One that Alto signs for itself: the start of its host, its name in signatures and in the environment."""

    host: str
    signing_name: str
    variable: str


SERVICES = {
    "bedrock-runtime": Service("bedrock-runtime", "bedrock", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
    "bedrock-agent-runtime": Service("bedrock-agent-runtime", "bedrock", "AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME"),
    "sagemaker-runtime": Service("runtime.sagemaker", "sagemaker", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"),
    "sts": Service("sts", "sts", "AWS_ENDPOINT_URL_STS"),
}
# The partitions, by how the names of their regions begin; the longest beginning counts.
_DOMAINS = {
    "": "amazonaws.com",
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-isof-": "csp.hci.ic.gov",
}


def endpoint(service: str, region: str, environment: Mapping[str, str]) -> str:
    """The URL of one of `SERVICES`, without a path. `AWS_ENDPOINT_URL_*` and `AWS_ENDPOINT_URL` override it."""
    known = SERVICES[service]
    override = environment.get(known.variable) or environment.get("AWS_ENDPOINT_URL")
    if override:
        return override.rstrip("/")
    domain = _DOMAINS[max((start for start in _DOMAINS if region.startswith(start)), key=len)]
    return f"https://{known.host}.{region}.{domain}"
