"""How vectors are indexed: always in an HNSW graph, under Weaviate's names."""

import warnings
from dataclasses import dataclass, field
from typing import Any

from alto.classes.names import VectorFilterStrategy
from alto.compatibility import StrEnum
from alto.unsupported import ALTERNATIVES, Unsupported, raise_unsupported


class VectorDistances(StrEnum):
    """How far apart two vectors are."""

    COSINE = "cosine"
    DOT = "dot"
    L2_SQUARED = "l2-squared"
    HAMMING = "hamming"
    MANHATTAN = "manhattan"


DISTANCES = {VectorDistances.COSINE: "cosine", VectorDistances.DOT: "dot", VectorDistances.L2_SQUARED: "l2_squared"}


@dataclass(frozen=True, slots=True)
class VectorIndexConfig:
    """The HNSW graph, as the API takes it."""

    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuantizerOptions:
    """A quantizer of Weaviate's, by its name."""

    name: str


class Quantizer:
    """Configure.VectorIndex.Quantizer. Scalar quantization saves memory; the others have no effect but a warning."""

    @staticmethod
    def none() -> QuantizerOptions:
        """Whole vectors."""
        return QuantizerOptions("none")

    @staticmethod
    def bq(**_: object) -> QuantizerOptions:
        """Has no effect but a warning."""
        return QuantizerOptions("bq")

    @staticmethod
    def pq(**_: object) -> QuantizerOptions:
        """Has no effect but a warning."""
        return QuantizerOptions("pq")

    @staticmethod
    def rq(**_: object) -> QuantizerOptions:
        """Has no effect but a warning."""
        return QuantizerOptions("rq")

    @staticmethod
    def sq(**_: object) -> QuantizerOptions:
        """One byte for each number of a vector: the graph is searched in a quarter of the memory.

        Weaviate's settings (cache, rescore_limit, training_limit) are accepted and have no effect.
        """
        return QuantizerOptions("sq")


class VectorIndex:
    """Configure.VectorIndex: how vectors are indexed. It is always an HNSW graph."""

    Quantizer = Quantizer
    MultiVector = Unsupported("Configure.VectorIndex.MultiVector", ALTERNATIVES["multi_vector"])
    none = Unsupported("Configure.VectorIndex.none", ALTERNATIVES["vector_index_none"])

    @staticmethod
    def hnsw(
        *,
        distance_metric: VectorDistances | None = None,
        ef: int | None = None,
        ef_construction: int | None = None,
        max_connections: int | None = None,
        quantizer: QuantizerOptions | None = None,
        multi_vector: object = None,
        cleanup_interval_seconds: int | None = None,  # noqa: ARG004 (OpenSearch merges without it)
        dynamic_ef_factor: int | None = None,  # noqa: ARG004 (Weaviate's)
        dynamic_ef_max: int | None = None,  # noqa: ARG004 (Weaviate's)
        dynamic_ef_min: int | None = None,  # noqa: ARG004 (Weaviate's)
        filter_strategy: VectorFilterStrategy | None = None,  # noqa: ARG004 (OpenSearch chooses for each search)
        flat_search_cutoff: int | None = None,  # noqa: ARG004 (OpenSearch chooses for each search)
        vector_cache_max_objects: int | None = None,  # noqa: ARG004 (Weaviate's)
    ) -> VectorIndexConfig:
        """An HNSW graph. Settings that OpenSearch decides itself are accepted, and change nothing.

        Args:
            distance_metric: COSINE if not given, DOT or L2_SQUARED.
            ef: How many candidates a search keeps; counts on faiss only. -1, which is Weaviate's own, is the default.
            ef_construction: How many candidates the building of the graph keeps.
            max_connections: m, the neighbours of each vector.
            quantizer: Quantizer.sq() compresses vectors to a quarter; others have no effect but a warning.
            multi_vector: Not supported.
            cleanup_interval_seconds: Has no effect.
            dynamic_ef_factor: Has no effect.
            dynamic_ef_max: Has no effect.
            dynamic_ef_min: Has no effect.
            filter_strategy: Has no effect.
            flat_search_cutoff: Has no effect.
            vector_cache_max_objects: Has no effect.
        """
        warn_of_quantizer(quantizer)
        if multi_vector is not None:
            raise_unsupported("multi_vector", ALTERNATIVES["multi_vector"])
        if distance_metric is not None and distance_metric not in DISTANCES:
            raise_unsupported(f"VectorDistances.{distance_metric.name}", "COSINE, DOT or L2_SQUARED")
        settings = {
            "distance": distance_metric and DISTANCES[distance_metric],
            "ef_search": None if ef == -1 else ef,
            "ef_construction": ef_construction,
            "m": max_connections,
            "compression": compression_of(quantizer),
        }
        return VectorIndexConfig({name: value for name, value in settings.items() if value is not None})

    @staticmethod
    def flat(
        distance_metric: VectorDistances | None = None,
        vector_cache_max_objects: int | None = None,  # noqa: ARG004 (Weaviate's)
        quantizer: QuantizerOptions | None = None,
    ) -> VectorIndexConfig:
        """An HNSW graph, which serves small collections as well.

        Args:
            distance_metric: As of `hnsw`.
            vector_cache_max_objects: Has no effect.
            quantizer: Quantizer.sq() compresses vectors to a quarter; others have no effect but a warning.
        """
        return VectorIndex.hnsw(distance_metric=distance_metric, quantizer=quantizer)

    @staticmethod
    def dynamic(
        distance_metric: VectorDistances | None = None,
        threshold: int | None = None,  # noqa: ARG004 (Weaviate's)
        hnsw: VectorIndexConfig | None = None,
        flat: VectorIndexConfig | None = None,
    ) -> VectorIndexConfig:
        """An HNSW graph from the first object on.

        Args:
            distance_metric: As of `hnsw`.
            threshold: Has no effect.
            hnsw: The settings of the graph.
            flat: Its distance, if the others give none.
        """
        own = VectorIndex.hnsw(distance_metric=distance_metric)
        return VectorIndexConfig((flat.settings if flat else {}) | (hnsw.settings if hnsw else {}) | own.settings)

    @staticmethod
    def hfresh(
        distance_metric: VectorDistances | None = None, quantizer: QuantizerOptions | None = None, **_: object
    ) -> VectorIndexConfig:
        """An HNSW graph.

        Args:
            distance_metric: As of `hnsw`.
            quantizer: Quantizer.sq() compresses vectors to a quarter; others have no effect but a warning.
        """
        return VectorIndex.hnsw(distance_metric=distance_metric, quantizer=quantizer)


def compression_of(quantizer: QuantizerOptions | None) -> str | None:
    """Return the setting `compression` of a quantizer; None if the vectors stay whole."""
    return "4x" if quantizer is not None and getattr(quantizer, "name", "") == "sq" else None


def warn_of_quantizer(quantizer: QuantizerOptions | None) -> None:
    """Warn of a quantizer that saves no memory here."""
    if quantizer is not None and getattr(quantizer, "name", "") not in {"none", "sq"}:
        warnings.warn(
            "quantizer has no effect: vectors stay whole. Quantizer.sq() compresses them to a quarter.",
            UserWarning,
            stacklevel=4,
        )
