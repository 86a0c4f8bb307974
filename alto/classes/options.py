"""Weaviate's options of a collection: those that Alto has a setting for, and those that change nothing here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alto.classes.names import ReplicationDeletionStrategy, StopwordsPreset
from alto.errors import AltoConfigurationError
from alto.unsupported import ALTERNATIVES, raise_unsupported

# Lucene's, and Weaviate's too.
DEFAULT_B, DEFAULT_K1 = 0.75, 1.2
_PRESETS: dict[str, str | list[str]] = {StopwordsPreset.EN: "english", StopwordsPreset.NONE: "none"}


@dataclass(frozen=True, slots=True)
class InvertedIndexOptions:
    """`Configure.inverted_index`. `stop_words` are those of each text property that names none itself."""

    stop_words: str | list[str] | None = None
    presets: Mapping[str, list[str]] = field(default_factory=dict)
    bm25_b: float | None = None
    bm25_k1: float | None = None

    def to_api(self) -> dict[str, Any]:
        """As settings of the index."""
        given = {"bm25_b": self.bm25_b, "bm25_k1": self.bm25_k1}
        return {name: value for name, value in given.items() if value is not None}

    def stop_words_of(self, preset: str) -> str | list[str]:
        """The stop words that a property names. Raises `AltoConfigurationError` for an unknown name."""
        known: dict[str, str | list[str]] = {**_PRESETS, **self.presets}
        if preset not in known:
            raise AltoConfigurationError(
                f"stopword_preset: expected one of {', '.join(sorted(known))}, got {preset!r:.80}"
            )
        return known[preset]


@dataclass(frozen=True, slots=True)
class MultiTenancyOptions:
    """`Configure.multi_tenancy`."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class ReplicationOptions:
    """`Configure.replication`. One copy is the least: the stage may have more."""

    factor: int | None = None

    def to_api(self) -> dict[str, Any]:
        """As settings of the index."""
        return {} if self.factor is None or self.factor <= 1 else {"replicas": self.factor - 1}


@dataclass(frozen=True, slots=True)
class ShardingOptions:
    """`Configure.sharding`."""

    desired_count: int | None = None

    def to_api(self) -> dict[str, Any]:
        """As settings of the index."""
        return {} if self.desired_count is None else {"shards": self.desired_count}


@dataclass(frozen=True, slots=True)
class TextAnalyzerOptions:
    """`Configure.text_analyzer`."""

    folding: bool | None = None
    stopword_preset: str | None = None


def inverted_index(  # noqa: PLR0917 (Weaviate's)
    bm25_b: float | None = None,
    bm25_k1: float | None = None,
    cleanup_interval_seconds: int | None = None,  # noqa: ARG001 (Weaviate's)
    index_timestamps: bool | None = None,  # noqa: ARG001 (always indexed)
    index_property_length: bool | None = None,  # noqa: ARG001 (always indexed)
    index_null_state: bool | None = None,  # noqa: ARG001 (always indexed)
    stopwords_preset: StopwordsPreset | None = None,
    stopwords_additions: Sequence[str] | None = None,
    stopwords_removals: Sequence[str] | None = None,
    stopword_presets: Mapping[str, Sequence[str]] | None = None,
) -> InvertedIndexOptions:
    """How words are indexed. Times, lengths and missing values can always be filtered by.

    Args:
        bm25_b: How much the length of a text lowers its score; 0.75 if not given.
        bm25_k1: How much repeated words raise its score; 1.2 if not given.
        cleanup_interval_seconds: Has no effect.
        index_timestamps: Has no effect: they are indexed.
        index_property_length: Has no effect: they are indexed.
        index_null_state: Has no effect: it is indexed.
        stopwords_preset: The stop words of text properties that name none: EN or NONE.
        stopwords_additions: With the preset NONE: the stop words.
        stopwords_removals: Not supported.
        stopword_presets: Lists of stop words by name, for `Configure.text_analyzer(stopword_preset=...)`.
    """
    if stopwords_removals or (stopwords_additions and stopwords_preset != StopwordsPreset.NONE):
        raise_unsupported("changes of the English stop words", ALTERNATIVES["stop_words"])
    words = None if stopwords_preset is None else _PRESETS[StopwordsPreset(stopwords_preset)]
    if stopwords_additions:
        words = list(stopwords_additions)
    presets = {name: list(each) for name, each in (stopword_presets or {}).items()}
    return InvertedIndexOptions(words, presets, bm25_b, bm25_k1)


def multi_tenancy(
    enabled: bool = True,
    auto_tenant_creation: bool | None = None,  # noqa: ARG001 (Weaviate's)
    auto_tenant_activation: bool | None = None,  # noqa: ARG001 (Weaviate's)
) -> MultiTenancyOptions:
    """Tenants, which Alto does not have: `create` takes `enabled=False` only.

    Args:
        enabled: False.
        auto_tenant_creation: Has no effect.
        auto_tenant_activation: Has no effect.
    """
    return MultiTenancyOptions(enabled)


def replication(
    factor: int | None = None,
    async_enabled: bool | None = None,  # noqa: ARG001 (Weaviate's)
    deletion_strategy: ReplicationDeletionStrategy | None = None,  # noqa: ARG001 (Weaviate's)
    async_config: object = None,  # noqa: ARG001 (Weaviate's)
) -> ReplicationOptions:
    """Copies of the index.

    Args:
        factor: How many, the first included; 1 means as many as the stage has.
        async_enabled: Has no effect: copies that are in sync confirm each write.
        deletion_strategy: Has no effect, for the same reason.
        async_config: Has no effect.
    """
    return ReplicationOptions(factor)


def sharding(
    virtual_per_physical: int | None = None,  # noqa: ARG001 (Weaviate's)
    desired_count: int | None = None,
    actual_count: int | None = None,  # noqa: ARG001 (Weaviate's)
    desired_virtual_count: int | None = None,  # noqa: ARG001 (Weaviate's)
    actual_virtual_count: int | None = None,  # noqa: ARG001 (Weaviate's)
) -> ShardingOptions:
    """Parts of the index.

    Args:
        virtual_per_physical: Has no effect.
        desired_count: How many; 1 if not given.
        actual_count: Has no effect.
        desired_virtual_count: Has no effect.
        actual_virtual_count: Has no effect.
    """
    return ShardingOptions(desired_count)


def text_analyzer(
    ascii_fold: bool | None = None,
    ascii_fold_ignore: Sequence[str] | None = None,
    stopword_preset: StopwordsPreset | str | None = None,
) -> TextAnalyzerOptions:
    """How one property's text becomes words.

    Args:
        ascii_fold: Whether letters match with and without accents, as `Property(folding=True)`.
        ascii_fold_ignore: Not supported.
        stopword_preset: EN, NONE, or a name of `Configure.inverted_index(stopword_presets=...)`.
    """
    if ascii_fold_ignore:
        raise_unsupported("ascii_fold_ignore", "leave it out: all accents are folded, or none")
    return TextAnalyzerOptions(ascii_fold, stopword_preset)
