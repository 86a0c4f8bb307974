"""LlamaIndex's nodes as Alto's objects, and back."""

import json
from typing import Any

from llama_index.core.schema import BaseNode, MetadataMode
from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict

from alto import AltoInsertManyFailedError
from alto.classes.data import DataObject
from alto.classes.results import Object


def to_object(node: BaseNode, *, with_vector: bool) -> DataObject:
    """The text is `text`, the metadata are `metadata` for filters, and `node` keeps the node exactly."""
    kept = node_to_metadata_dict(node, remove_text=True, flat_metadata=False)
    properties: dict[str, Any] = {"text": node.get_content(MetadataMode.NONE), "node": json.dumps(kept)}
    if node.ref_doc_id:
        properties["ref_doc_id"] = node.ref_doc_id
    if metadata := {name: value for name, value in node.metadata.items() if value is not None and value != []}:
        properties["metadata"] = metadata
    return DataObject(properties, key=node.node_id, vector=node.get_embedding() if with_vector else None)


def to_node(found: Object) -> BaseNode:
    """The node that an object was made from, with its embedding if the object has its vector."""
    node = metadata_dict_to_node(json.loads(found.properties["node"]), text=found.properties["text"])
    node.embedding = next(iter(found.vector.values()), None)
    return node


def store(collection: Any, objects: list[DataObject]) -> None:
    """Store objects and wait until searches see them.

    Raises:
        ValueError: At least one was not stored; the sentence names the first.
    """
    try:
        errors = collection.data.insert_many(objects).errors
    except AltoInsertManyFailedError as failure:
        errors = dict(enumerate(failure.errors))
    if errors:
        first = min(errors)
        raise ValueError(
            f"{len(errors)} of {len(objects)} nodes were not stored. {objects[first].key}: {errors[first].message}"
        )
