"""Alto, wired as in its functions. Runs in Alto's own environment."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import botocore.session
from measuring import measure

from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.wiring.embedding import embedder


def alto(job: dict[str, Any]) -> Callable[[Sequence[str]], Sequence[Any]]:
    """`Embedder.embed_documents`: a vector or an error for each text."""
    config = Text2VecAws.model_validate({"vectorizer": "text2vec-aws", "region": "us-east-1", "model": job["model"]})
    made = embedder(botocore.session.Session(), os.environ)
    return lambda texts: made.embed_documents(config, texts, deadline=Deadline.after(600))


if __name__ == "__main__":
    measure({"alto": alto})
