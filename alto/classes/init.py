"""How a client is set up."""

from alto.retries import RetryPolicy
from alto.settings import AdditionalConfig, Timeout
from alto.weaviate_names import refused_names

__all__ = ["AdditionalConfig", "RetryPolicy", "Timeout"]

__getattr__ = refused_names(__name__)
