"""An embedder that uses prepared vectors and calls the model for the rest."""

from collections.abc import Mapping, Sequence

from lambdas.aws.credentials import AwsCredentials
from lambdas.batch_inference.file_format import Outcome
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.embedder import Embedder
from lambdas.embedding.embedding_run import EmbeddingCounts, Result
from lambdas.embedding.text import text_hash
from lambdas.errors import EmbeddingError


class PreparedEmbedder:
    """Returns prepared vectors by the hash of their text, and passes other texts to the embedder."""

    def __init__(self, embedder: Embedder, known: Mapping[str, Outcome]) -> None:
        self._embedder = embedder
        self._known = known

    def embed_documents(
        self,
        config: Text2VecAws,
        texts: Sequence[str],
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
        counts: EmbeddingCounts | None = None,
    ) -> list[Result]:
        """Return the vector of each text, or its error, in the order of the texts."""
        known = [self._known.get(text_hash(config, text)) for text in texts]
        missing = [text for text, outcome in zip(texts, known, strict=True) if outcome is None]
        made: Sequence[Result] = ()
        if missing:
            made = self._embedder.embed_documents(
                config, missing, deadline=deadline, credentials=credentials, counts=counts
            )
        fresh = iter(made)
        return [next(fresh) if outcome is None else _result(outcome) for outcome in known]


def _result(outcome: Outcome) -> Result:
    return outcome if isinstance(outcome, EmbeddingError) else outcome.tolist()
