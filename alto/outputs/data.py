"""Results of writes."""

from alto.classes.data import DeleteManyObject, DeleteManyReturn
from alto.weaviate_names import refused_names

__all__ = [
    "DeleteManyObject",
    "DeleteManyReturn",
]

__getattr__ = refused_names(__name__)
