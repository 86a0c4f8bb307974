"""How a client is set up."""

from alto.retries import RetryPolicy
from alto.settings import AdditionalConfig, Timeout
from alto.unsupported import Unsupported

__all__ = ["AdditionalConfig", "Auth", "RetryPolicy", "Timeout"]

Auth = Unsupported("Auth", "connect_to_aws, which signs with AWS credentials, or auth= of httpx in connect_to_custom")
