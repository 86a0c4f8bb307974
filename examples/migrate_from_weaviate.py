"""Copy a collection from Weaviate, ids and vectors included: no model call. Needs `pip install weaviate-client`.

    python examples/migrate_from_weaviate.py Article

After that the program that used Weaviate changes its import and its connection (docs/coming-from-weaviate.md).
"""

import os
import sys
from typing import Any

import alto
from alto.classes.config import Configure, DataType, Property

URL = os.environ.get("ALTO_URL", "http://127.0.0.1:8700")


def copy_collection(source: Any, client: alto.AltoClient, name: str) -> int:
    """Copy a collection of Weaviate's client into a new one of Alto; returns how many objects it has.

    New objects get their vectors from the model named here; it has to be the one that made the old vectors. A
    collection whose vectors came with the objects takes `Configure.Vectors.self_provided(dimensions=...)` instead.
    """
    properties = [
        Property(name=each.name, data_type=DataType(getattr(each.data_type, "value", each.data_type)))
        for each in source.config.get().properties
    ]
    target = client.collections.create(
        name,
        properties=properties,
        vector_config=Configure.Vectors.text2vec_aws_bedrock(region="us-east-1", model="amazon.titan-embed-text-v2:0"),
    )
    with target.batch.fixed_size(batch_size=200) as batch:
        for each in source.iterator(include_vector=True):
            batch.add_object(each.properties, uuid=each.uuid, vector=each.vector)
    failed = target.batch.failed_objects
    if failed:
        raise SystemExit(f"{len(failed)} objects were refused, the first because: {failed[0].message}")
    if len(target) != len(source):
        raise SystemExit(f"{len(source)} objects were read and {len(target)} are stored: {name} changed meanwhile")
    return len(target)


if __name__ == "__main__":
    import weaviate

    with weaviate.connect_to_local() as old, alto.connect_to_custom(URL) as new:
        print(copy_collection(old.collections.use(sys.argv[1]), new, sys.argv[1]), "objects are copied")
