"""Arguments of generative searches."""

from alto.classes.generative import GenerativeProvider as GenerativeConfigRuntime
from alto.classes.generative_tasks import GroupedTask, SinglePrompt

__all__ = [
    "GenerativeConfigRuntime",
    "GroupedTask",
    "SinglePrompt",
]
