"""How the vectors of a collection are made and indexed."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from alto.classes.names import VectorFilterStrategy
from alto.compatibility import StrEnum
from alto.errors import AltoConfigurationError
from alto.unsupported import ALTERNATIVES, Unsupported, raise_unsupported, reject_given

Service = Literal["bedrock", "sagemaker"]
Truncation = Literal["none", "start", "end"]


@dataclass(frozen=True, slots=True)
class VectorConfig:
    """One vector of a collection: its name, if it has one, and its settings as the API takes them."""

    name: str | None
    settings: dict[str, Any]


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
    """Configure.VectorIndex.Quantizer. A quantizer saves memory; here the engine decides, for all collections."""

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
        """Has no effect but a warning."""
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
            quantizer: Has no effect but a warning.
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
            quantizer: Has no effect but a warning.
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
            quantizer: Has no effect but a warning.
        """
        return VectorIndex.hnsw(distance_metric=distance_metric, quantizer=quantizer)


def warn_of_quantizer(quantizer: QuantizerOptions | None) -> None:
    """Warn of a quantizer, which saves no memory here."""
    if quantizer is not None and getattr(quantizer, "name", "") != "none":
        warnings.warn(
            "quantizer has no effect: results are those of whole vectors. Quantization is a setting of the stage's "
            "faiss engine, not of a collection.",
            UserWarning,
            stacklevel=4,
        )


class _OnlyAws(type):
    """Names the alternative for the vectorizers of other vendors, which Weaviate has by the dozen."""

    # Hidden from type checkers, for whom a misspelt name must stay an error.
    if not TYPE_CHECKING:

        def __getattr__(cls, name: str) -> Any:
            if name.startswith(("text2", "multi2", "img2", "ref2", "custom")):
                raise_unsupported(
                    f"{cls.__name__}.{name}",
                    "Configure.Vectors.text2vec_aws_bedrock, text2vec_aws_sagemaker, or self_provided with vectors of "
                    "your own",
                )
            raise AttributeError(name)


class Vectors(metaclass=_OnlyAws):
    """Configure.Vectors: where each vector comes from."""

    @staticmethod
    def text2vec_aws_bedrock(
        *,
        name: str | None = None,
        model: str,
        region: str,
        quantizer: QuantizerOptions | None = None,
        source_properties: Sequence[str] | None = None,
        vector_index_config: VectorIndexConfig | None = None,
        vectorize_collection_name: bool = True,
        dimensions: int | None = None,
        family: str | None = None,
        normalize: bool | None = None,
        truncate: Truncation | None = None,
        role_arn: str | None = None,
        external_id: str | None = None,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
    ) -> VectorConfig:
        """A vector made by a model on Amazon Bedrock. From `family` on, the settings are Alto's own.

        `model` is a model id, an inference profile or the ARN of one. `role_arn` is the ARN or the name of a role of
        the stage, whose settings have its external id.
        """
        reject_given(external_id=external_id)
        return _text2vec_aws(
            name,
            "bedrock",
            quantizer=quantizer,
            index=vector_index_config,
            model=model,
            region=region,
            source_properties=source_properties and list(source_properties),
            vectorize_collection_name=vectorize_collection_name,
            dimensions=dimensions,
            family=family,
            normalize=normalize,
            truncate=truncate,
            role_arn=role_arn,
            requests_per_minute=requests_per_minute,
            tokens_per_minute=tokens_per_minute,
        )

    @staticmethod
    def text2vec_aws_sagemaker(
        *,
        name: str | None = None,
        endpoint: str,
        region: str,
        target_model: str | None = None,
        target_variant: str | None = None,
        quantizer: QuantizerOptions | None = None,
        source_properties: Sequence[str] | None = None,
        vector_index_config: VectorIndexConfig | None = None,
        vectorize_collection_name: bool = True,
        dimensions: int | None = None,
        inference_component: str | None = None,
        payload: str | None = None,
        pooling: Literal["none", "mean"] | None = None,
        role_arn: str | None = None,
        external_id: str | None = None,
        requests_per_minute: int | None = None,
    ) -> VectorConfig:
        """A vector made by a SageMaker endpoint, which is named, not addressed.

        From `inference_component` on, the settings are Alto's own. `role_arn` is the ARN or the name of a role of the
        stage, whose settings have its external id.
        """
        reject_given(external_id=external_id)
        return _text2vec_aws(
            name,
            "sagemaker",
            quantizer=quantizer,
            index=vector_index_config,
            endpoint=endpoint,
            region=region,
            target_model=target_model,
            target_variant=target_variant,
            source_properties=source_properties and list(source_properties),
            vectorize_collection_name=vectorize_collection_name,
            dimensions=dimensions,
            inference_component=inference_component,
            payload=payload,
            pooling=pooling,
            role_arn=role_arn,
            requests_per_minute=requests_per_minute,
        )

    @staticmethod
    def text2vec_aws(
        *,
        name: str | None = None,
        quantizer: QuantizerOptions | None = None,
        endpoint: str | None = None,
        model: str | None = None,
        region: str,
        service: Service = "bedrock",
        source_properties: Sequence[str] | None = None,
        vector_index_config: VectorIndexConfig | None = None,
        vectorize_collection_name: bool = True,
        dimensions: int | None = None,
    ) -> VectorConfig:
        """Either of the two, by `service`."""
        return _text2vec_aws(
            name,
            service,
            quantizer=quantizer,
            index=vector_index_config,
            endpoint=endpoint,
            model=model,
            region=region,
            source_properties=source_properties and list(source_properties),
            vectorize_collection_name=vectorize_collection_name,
            dimensions=dimensions,
        )

    @staticmethod
    def self_provided(
        *,
        name: str | None = None,
        dimensions: int | None = None,
        quantizer: QuantizerOptions | None = None,
        vector_index_config: VectorIndexConfig | None = None,
    ) -> VectorConfig:
        """A vector that comes with each object. Other than in Weaviate, its length is said now."""
        warn_of_quantizer(quantizer)
        if dimensions is None:
            raise AltoConfigurationError(
                "dimensions: Configure.Vectors.self_provided needs the length of the vectors, as in dimensions=1024"
            )
        return VectorConfig(name, {"vectorizer": "none", "dimensions": dimensions} | _index(vector_index_config))


class NamedVectors(metaclass=_OnlyAws):
    """Configure.NamedVectors: the older form of Configure.Vectors."""

    @staticmethod
    def text2vec_aws(
        name: str,
        region: str,
        *,
        endpoint: str | None = None,
        model: str | None = None,
        service: Service = "bedrock",
        source_properties: Sequence[str] | None = None,
        vector_index_config: VectorIndexConfig | None = None,
        vectorize_collection_name: bool = True,
        dimensions: int | None = None,
    ) -> VectorConfig:
        """As Configure.Vectors.text2vec_aws."""
        return Vectors.text2vec_aws(
            name=name,
            region=region,
            endpoint=endpoint,
            model=model,
            service=service,
            source_properties=source_properties,
            vector_index_config=vector_index_config,
            vectorize_collection_name=vectorize_collection_name,
            dimensions=dimensions,
        )

    @staticmethod
    def none(
        name: str, *, vector_index_config: VectorIndexConfig | None = None, dimensions: int | None = None
    ) -> VectorConfig:
        """As Configure.Vectors.self_provided."""
        return Vectors.self_provided(name=name, dimensions=dimensions, vector_index_config=vector_index_config)


class Vectorizer(metaclass=_OnlyAws):
    """Configure.Vectorizer: the oldest form, of one vector without a name."""

    @staticmethod
    def text2vec_aws(  # noqa: PLR0917 (Weaviate's)
        model: str | None = None,
        region: str = "",
        endpoint: str | None = None,
        service: Service = "bedrock",
        vectorize_collection_name: bool = True,
        dimensions: int | None = None,
    ) -> VectorConfig:
        """As Configure.Vectors.text2vec_aws."""
        return Vectors.text2vec_aws(
            model=model,
            region=region,
            endpoint=endpoint,
            service=service,
            vectorize_collection_name=vectorize_collection_name,
            dimensions=dimensions,
        )

    @staticmethod
    def none(dimensions: int | None = None) -> VectorConfig:
        """As Configure.Vectors.self_provided."""
        return Vectors.self_provided(dimensions=dimensions)


def _text2vec_aws(
    name: str | None,
    service: Service,
    *,
    quantizer: QuantizerOptions | None,
    index: VectorIndexConfig | None,
    **settings: Any,
) -> VectorConfig:
    warn_of_quantizer(quantizer)
    if not settings["region"]:
        raise AltoConfigurationError("region is a required argument and must be given, as in region='us-east-1'")
    given = {key: value for key, value in settings.items() if value is not None}
    return VectorConfig(name, {"vectorizer": "text2vec-aws", "service": service} | given | _index(index))


def _index(index: VectorIndexConfig | None) -> dict[str, Any]:
    return {"index": index.settings} if index and index.settings else {}


def with_index(
    vectors: VectorConfig | list[VectorConfig] | None, index: VectorIndexConfig | None
) -> VectorConfig | list[VectorConfig] | None:
    """The vectors; an only one without an index of its own gets this one.

    Raises `AltoConfigurationError` for an index without the vector that it belongs to.
    """
    if index is None:
        return vectors
    only = vectors[0] if isinstance(vectors, list) and len(vectors) == 1 else vectors
    if not isinstance(only, VectorConfig):
        raise AltoConfigurationError(
            "vector_index_config: it belongs to one vector: write it in Configure.Vectors.…(vector_index_config=…)"
        )
    return VectorConfig(only.name, _index(index) | only.settings)
