"""The passages of the judged collections: their vectors, and an endpoint that returns them.

`python -m benchmarks.passages NAME ...` makes the vectors, by MiniLM in full precision, at some 20 passages a second;
they are kept in .alto/quality/passages/.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from safetensors.numpy import load_file

from benchmarks.judged import DIMENSIONS, ROOT, Judged, collection_body, load, objects
from lambdas.collections.model import CollectionConfig
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.passages import ObjectText, read_texts
from local.emulator.graph import build_graph, weights_path
from local.emulator.model import MiniLM

FOLDER = ROOT / ".alto" / "quality" / "passages"
AT_ONCE = 512
MODEL = {
    "vectorizer": "text2vec-aws",
    "service": "sagemaker",
    "region": "us-east-1",
    "endpoint": "minilm",
    "dimensions": DIMENSIONS,
    "source_properties": ["title", "text"],
    "passages": {},
}

type Vectors = dict[str, NDArray[np.float32]]


def passages_body(judged: Judged) -> dict[str, Any]:
    """Return the collection with passages: its vectors come from the endpoint."""
    return collection_body(f"{judged.name.capitalize()}Passages") | {"vectors": {"default": MODEL}}


def passages_objects(judged: Judged) -> list[dict[str, Any]]:
    """Return the objects without vectors. A document without any text is searched as the word `none`."""
    made = objects(judged)
    for each in made:
        del each["vector"]
        if not (each["properties"]["title"] + each["properties"]["text"]).strip():
            each["properties"]["text"] = "none"
    return made


def read_all_texts(judged: Judged) -> list[ObjectText]:
    """Return the texts of the objects that Alto embeds."""
    body = CollectionConfig.model_validate(passages_body(judged))
    config = Text2VecAws.model_validate(MODEL)
    return [read_texts(config, body.name, body.properties, each["properties"]) for each in passages_objects(judged)]


def collect_vectors(judged: Judged) -> Vectors:
    """Return the vectors of all texts: of objects those of the collection, of passages those that are kept or made."""
    texts = read_all_texts(judged)
    passages = [passage for each in texts for passage in each.embedded[1:]]
    own = {each.whole: vector for each, vector in zip(texts, judged.vectors, strict=True)}
    return make_vectors(judged.name, passages) | own


def make_vectors(name: str, texts: list[str]) -> Vectors:
    """Return the vectors of passages, and keep those that had to be made."""
    path = FOLDER / f"{name}.npz"
    known: Vectors = {}
    if path.exists():
        kept = np.load(path)
        known = dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    model = _ExactMiniLM() if missing else None
    for start in range(0, len(missing), AT_ONCE):
        assert model is not None
        part = missing[start : start + AT_ONCE]
        known |= dict(zip(part, model.encode(part), strict=True))
        print(f"{time.strftime('%H:%M:%S')} {name}: {start + len(part)} of {len(missing)}", file=sys.stderr, flush=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        np.savez(path, texts=np.array(list(known)), vectors=np.array(list(known.values()), np.float32))
    return known


class _ExactMiniLM(MiniLM):
    """MiniLM in full precision, as the vectors of the judged collections."""

    def __init__(self) -> None:
        super().__init__(threads=1)
        graph = build_graph(load_file(weights_path()), quantize=False)
        self._session = onnxruntime.InferenceSession(  # type: ignore[attr-defined]
            graph.SerializeToString(), providers=["CPUExecutionProvider"]
        )


@contextmanager
def serving(vectors: Mapping[str, NDArray[np.float32]]) -> Iterator[str]:
    """Serve known vectors as an endpoint of SageMaker, and yield its address. More can be added meanwhile."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["inputs"]
            body = json.dumps([vectors[text].tolist() for text in texts]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    """Make the vectors of the collections that are named."""
    for name in sys.argv[1:]:
        collect_vectors(load(name))


if __name__ == "__main__":
    main()
