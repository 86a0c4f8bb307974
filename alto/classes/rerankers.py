"""Configure.Reranker: the model that a collection's searches rerank with, unless a search names another."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alto.unsupported import raise_unsupported

OTHER_VENDORS = frozenset({"cohere", "contextualai", "custom", "jinaai", "nvidia", "transformers", "voyageai"})


@dataclass(frozen=True, slots=True)
class RerankerProvider:
    """A reranking model, as the API takes it."""

    settings: dict[str, Any] = field(default_factory=dict)


class _OnlyAws(type):
    """Names the alternative for the models of other vendors."""

    # Hidden from type checkers, for whom a misspelt name must stay an error.
    if not TYPE_CHECKING:

        def __getattr__(cls, name: str) -> Any:
            if name in OTHER_VENDORS:
                raise_unsupported(
                    f"Configure.Reranker.{name}",
                    "a model on Amazon Bedrock: Configure.Reranker.aws_bedrock(model='cohere.rerank-v3-5:0')",
                )
            raise AttributeError(name)


class Reranker(metaclass=_OnlyAws):
    """Configure.Reranker. It can be changed: `collection.config.update(reranker_config=...)`."""

    @staticmethod
    def aws_bedrock(model: str, region: str | None = None) -> RerankerProvider:
        """A model on Amazon Bedrock.

        Args:
            model: Its id, such as "cohere.rerank-v3-5:0" or "amazon.rerank-v1:0", or its ARN.
            region: Its AWS region; that of Alto if not given.
        """
        return RerankerProvider({"model": model} | ({} if region is None else {"region": region}))
