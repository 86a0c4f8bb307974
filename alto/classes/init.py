"""How a client is set up."""

from alto.refusals import NotThere
from alto.retries import RetryPolicy
from alto.settings import AdditionalConfig, Timeout

__all__ = ["AdditionalConfig", "Auth", "RetryPolicy", "Timeout"]

Auth = NotThere("Auth", "connect_to_aws, which signs with AWS credentials, or auth= of httpx in connect_to_custom")
