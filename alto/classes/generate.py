"""The arguments and results of `collection.generate`."""

from alto.classes.generative import GenerativeConfig
from alto.classes.generative_results import (
    Citation,
    GenerativeGrouped,
    GenerativeMetadata,
    GenerativeObject,
    GenerativeReturn,
    GenerativeSingle,
)
from alto.classes.generative_tasks import GenerativeParameters, GroupedTask, SinglePrompt

__all__ = [
    "Citation",
    "GenerativeConfig",
    "GenerativeGrouped",
    "GenerativeMetadata",
    "GenerativeObject",
    "GenerativeParameters",
    "GenerativeReturn",
    "GenerativeSingle",
    "GroupedTask",
    "SinglePrompt",
]
