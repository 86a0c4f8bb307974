"""Results of batches."""

from alto.batches.results import BatchResult
from alto.classes.data import BatchObjectReturn, ErrorObject
from alto.weaviate_names import refused_names

__all__ = [
    "BatchObjectReturn",
    "BatchResult",
    "ErrorObject",
]

__getattr__ = refused_names(__name__)
