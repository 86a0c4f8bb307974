"""A shop's search: filters, facets, a boost for what is in stock, and groups: `python examples/product_search.py`."""

import json
import os
from pathlib import Path

import alto
from alto.classes.aggregate import Metrics
from alto.classes.config import Configure, DataType, Property
from alto.classes.data import DataObject
from alto.classes.query import Boost, Filter, GroupBy

URL = os.environ.get("ALTO_URL", "http://127.0.0.1:8700")
DATA = Path(__file__).parent / "data" / "products.jsonl"
IN_STOCK = Filter.by_property("in_stock").equal(True)


def load(client: alto.AltoClient) -> None:
    """Make the collection and fill it. Keys are the shop's own, so loading again replaces the same products."""
    if not client.collections.exists("Product"):
        client.collections.create(
            "Product",
            properties=[
                Property(name="name", data_type=DataType.TEXT),
                Property(name="description", data_type=DataType.TEXT),
                Property(name="category", data_type=DataType.TEXT, tokenization="field"),
                Property(name="brand", data_type=DataType.TEXT, tokenization="field"),
                Property(name="colours", data_type=DataType.TEXT_ARRAY, tokenization="field"),
                Property(name="price", data_type=DataType.NUMBER),
                Property(name="in_stock", data_type=DataType.BOOL),
            ],
            vector_config=Configure.Vectors.text2vec_aws_bedrock(
                region="us-east-1", model="amazon.titan-embed-text-v2:0", source_properties=["name", "description"]
            ),
        )
    records = [json.loads(line) for line in DATA.read_text().splitlines()]
    products = client.collections.use("Product")
    products.data.insert_many([DataObject(each["properties"], key=each["key"]) for each in records])


def show_search(client: alto.AltoClient, query: str, below: float) -> None:
    """Print the hits below a price, those in stock first, and the facets of the same search."""
    products = client.collections.use("Product")
    affordable = Filter.by_property("price").less_than(below)
    found = products.query.hybrid(
        query,
        filters=affordable,
        boost=Boost.filter(IN_STOCK, weight=0.3),
        limit=5,
        return_properties=["name", "price"],
    )
    print(f"{query!r} below {below}:")
    for product in found.objects:
        print(f"  {product.metadata.score:.2f}  {product.properties['name']}, {product.properties['price']}")

    for facet in ("category", "brand", "colours"):
        counted = products.aggregate.hybrid(query, filters=affordable, group_by=facet, object_limit=50)
        print(f"  {facet}:", ", ".join(f"{group.grouped_by.value} {group.total_count}" for group in counted.groups))


def show_overview(client: alto.AltoClient) -> None:
    """Print the best product of each category, and the range of prices."""
    products = client.collections.use("Product")
    groups = products.query.hybrid(
        "rain and cold", group_by=GroupBy(prop="category", objects_per_group=1, number_of_groups=4), limit=50
    )
    for name, group in groups.groups.items():
        print(f"  {name}: {group.objects[0].properties['name']}")
    prices = products.aggregate.over_all(
        filters=IN_STOCK, return_metrics=Metrics("price").number(minimum=True, maximum=True, mean=True)
    )
    print(f"  {prices.total_count} in stock, {prices.properties['price']}")


if __name__ == "__main__":
    with alto.connect_to_custom(URL) as connected:
        load(connected)
        show_search(connected, "something for running in the dark", below=150)
        show_overview(connected)
