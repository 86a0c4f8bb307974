"""A search page over Debian packages: `python examples/search_page/server.py`, then http://127.0.0.1:8000.

Alto is where ALTO_URL says, or on this machine (`make up ARGS="--port 8700"`).
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import alto
from alto.classes.config import Configure, DataType, Property
from alto.classes.data import DataObject
from alto.classes.query import Filter

URL = os.environ.get("ALTO_URL", "http://127.0.0.1:8700")
HERE = Path(__file__).parent
DATA = HERE.parent / "data" / "packages.jsonl"


def load(client: alto.AltoClient) -> None:
    """Make the collection and fill it, the first time."""
    if client.collections.exists("Package"):
        return
    packages = client.collections.create(
        "Package",
        properties=[
            Property(name="package", data_type=DataType.TEXT),
            Property(name="summary", data_type=DataType.TEXT),
            Property(name="description", data_type=DataType.TEXT),
            # One value each, for filters and facets.
            Property(name="section", data_type=DataType.TEXT, tokenization="field"),
            Property(name="kilobytes", data_type=DataType.INT),
        ],
        vector_config=Configure.Vectors.text2vec_aws_bedrock(
            region="us-east-1", model="amazon.titan-embed-text-v2:0", source_properties=["summary", "description"]
        ),
    )
    records = [json.loads(line) for line in DATA.read_text().splitlines()]
    packages.data.insert_many([DataObject(each["properties"], key=each["key"]) for each in records])


def find(client: alto.AltoClient, query: str, section: str | None) -> dict[str, Any]:
    """Return the hits of a query and the sections of all of its results."""
    packages = client.collections.use("Package")
    only = Filter.by_property("section").equal(section) if section else None
    found = packages.query.hybrid(query, filters=only, limit=10, highlight=True)
    facets = packages.aggregate.hybrid(query, group_by="section", object_limit=20)
    return {
        "hits": [
            {**hit.properties, "score": hit.metadata.score, "highlights": hit.highlights or {}} for hit in found.objects
        ],
        "sections": {group.grouped_by.value: group.total_count for group in facets.groups},
    }


def make_server(client: alto.AltoClient, port: int) -> ThreadingHTTPServer:
    """Return the page's server: the page at /, and searches at /search?q=."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            given = {name: values[0] for name, values in parse_qs(address.query).items()}
            if address.path == "/":
                self.send("text/html; charset=utf-8", (HERE / "page.html").read_bytes())
            elif address.path == "/search" and given.get("q", "").strip():
                found = find(client, given["q"], given.get("section"))
                self.send("application/json", json.dumps(found).encode())
            else:
                self.send_error(404)

        def send(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    with alto.connect_to_custom(URL) as connected:
        load(connected)
        print("The page is at http://127.0.0.1:8000; Ctrl-C stops it.")
        make_server(connected, 8000).serve_forever()
