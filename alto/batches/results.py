"""The results of a batch that has ended, in the shape of Weaviate's."""

from dataclasses import dataclass, field

from alto.classes.data import BatchObjectReturn


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The results of the last batch.

    Attributes:
        objs: Its objects.
        refs: Of its references, which Alto does not have: no results.
    """

    objs: BatchObjectReturn = field(default_factory=lambda: BatchObjectReturn(0, {}, {}))
    refs: BatchObjectReturn = field(default_factory=lambda: BatchObjectReturn(0, {}, {}))
