"""How many records are written together, so that embedding and indexing overlap. See docs/decisions/0087. Pure."""

from typing import NamedTuple

from lambdas.collections.model import Collection

# Two full calls of a model that takes 96 texts.
BATCH_OBJECTS = 192
# Some batches are embedded while others are indexed, and a slow request to OpenSearch holds back none of them.
BATCHES_AT_ONCE = 8
# Batches that are read and not yet counted. They are counted in order: while the first waits for OpenSearch, others
# end, and those after them begin.
OPEN_BATCHES = 12
# The calls of a loader that are in flight at a model. Batches whose calls are more than that would share them, and all
# be embedded at the same late moment: no batch could be indexed while the next is embedded.
CALLS_IN_FLIGHT = 64


class BatchPlan(NamedTuple):
    """Records of a batch, and batches that are read and not yet counted."""

    objects: int = BATCH_OBJECTS
    open_batches: int = OPEN_BATCHES


def plan_batches(collection: Collection) -> BatchPlan:
    """Return the plan for a collection, whose model may take one text a call."""
    texts = [config.model_family.texts_per_call for config in collection.made_by_alto.values()]
    return BatchPlan(min([BATCH_OBJECTS, *(CALLS_IN_FLIGHT * each for each in texts)]))
