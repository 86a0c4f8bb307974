"""How a client is set up."""

from alto.retries import RetryPolicy
from alto.settings import AdditionalConfig, Timeout

__all__ = ["AdditionalConfig", "RetryPolicy", "Timeout"]
