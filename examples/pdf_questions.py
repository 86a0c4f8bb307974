"""Ask questions of PDF files: `python examples/pdf_questions.py "How many books may I borrow?" [FILE.pdf ...]`.

Each sentence that the model writes names its source: document, page, and the words that support it.
"""

import os
import sys
from pathlib import Path

import alto
from alto.classes.generate import GenerativeConfig

URL = os.environ.get("ALTO_URL", "http://127.0.0.1:8700")
HANDBOOK = Path(__file__).parent / "data" / "handbook.pdf"


def load(client: alto.AltoClient, files: list[Path]) -> None:
    """Make the collection and import the files. A file that has not changed costs nothing the second time."""
    if not client.collections.exists("Handbook"):
        config = {
            "name": "Handbook",
            "documents": {"size": 600},
            "vectors": {
                "default": {
                    "vectorizer": "text2vec-aws",
                    "region": "us-east-1",
                    "model": "amazon.titan-embed-text-v2:0",
                }
            },
        }
        client.call("POST", "/v1/collections", config)
    for file in files:
        job = client.imports.wait(client.imports.from_file(file, collection="Handbook"), poll=0.2)
        print(f"{file.name}: {job.state}, {job.passages} passages")


def ask(client: alto.AltoClient, question: str) -> str:
    """Return a text about the question, with its sources below."""
    response = client.collections.use("Handbook").generate.hybrid(
        question,
        limit=3,
        grouped_task=question,
        generative_provider=GenerativeConfig.aws_bedrock(model="amazon.nova-lite-v1:0"),
    )
    assert response.generative
    sources = [
        f'  [{number}] {each.document}, page {each.page}: "{each.quote}"'
        for number, each in enumerate(response.generative.citations, 1)
    ]
    return "\n".join([response.generative.text, *sources])


if __name__ == "__main__":
    asked, *names = sys.argv[1:] or ["How many books may I borrow, and for how long?"]
    with alto.connect_to_custom(URL) as connected:
        load(connected, [Path(name) for name in names] or [HANDBOOK])
        print(ask(connected, asked))
