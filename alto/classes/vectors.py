"""How the vectors of a collection are made and indexed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn

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


_DISTANCES = {VectorDistances.COSINE: "cosine", VectorDistances.DOT: "dot", VectorDistances.L2_SQUARED: "l2_squared"}


@dataclass(frozen=True, slots=True)
class VectorIndexConfig:
    """The HNSW graph, as the API takes it."""

    settings: dict[str, Any] = field(default_factory=dict)


class VectorIndex:
    """Configure.VectorIndex: how vectors are indexed."""

    Quantizer = Unsupported("Configure.VectorIndex.Quantizer", ALTERNATIVES["quantizer"])
    MultiVector = Unsupported("Configure.VectorIndex.MultiVector", "one vector for each object, or several named ones")

    @staticmethod
    def hnsw(
        *,
        distance_metric: VectorDistances | None = None,
        ef: int | None = None,
        ef_construction: int | None = None,
        max_connections: int | None = None,
        quantizer: object = None,
        multi_vector: object = None,
        cleanup_interval_seconds: int | None = None,
        dynamic_ef_factor: int | None = None,
        dynamic_ef_max: int | None = None,
        dynamic_ef_min: int | None = None,
        filter_strategy: object = None,
        flat_search_cutoff: int | None = None,
        vector_cache_max_objects: int | None = None,
    ) -> VectorIndexConfig:
        """An HNSW graph. `max_connections` is m, the neighbours of each vector; `ef` counts on faiss only."""
        reject_given(quantizer=quantizer)
        for value in (
            multi_vector,
            cleanup_interval_seconds,
            dynamic_ef_factor,
            dynamic_ef_max,
            dynamic_ef_min,
            filter_strategy,
            flat_search_cutoff,
            vector_cache_max_objects,
        ):
            reject_given(hnsw_setting=value)
        if distance_metric is not None and distance_metric not in _DISTANCES:
            raise_unsupported(f"VectorDistances.{distance_metric.name}", "COSINE, DOT or L2_SQUARED")
        settings = {
            "distance": distance_metric and _DISTANCES[distance_metric],
            "ef_search": ef,
            "ef_construction": ef_construction,
            "m": max_connections,
        }
        return VectorIndexConfig({name: value for name, value in settings.items() if value is not None})

    @staticmethod
    def flat(**_: object) -> VectorIndexConfig:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported(
            "Configure.VectorIndex.flat", "Configure.VectorIndex.hnsw(), which serves small collections as well"
        )

    @staticmethod
    def dynamic(**_: object) -> VectorIndexConfig:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported(
            "Configure.VectorIndex.dynamic", "Configure.VectorIndex.hnsw(), which serves small collections as well"
        )


class _OnlyAws(type):
    """Names the alternative for the vectorizers of other vendors, which Weaviate has by the dozen."""

    # Hidden from type checkers, for whom a misspelt name must stay an error.
    if not TYPE_CHECKING:

        def __getattr__(cls, name: str) -> NoReturn:
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
        quantizer: object = None,
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
        quantizer: object = None,
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
        quantizer: object = None,
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
        quantizer: object = None,
        vector_index_config: VectorIndexConfig | None = None,
    ) -> VectorConfig:
        """A vector that comes with each object. Other than in Weaviate, its length is said now."""
        reject_given(quantizer=quantizer)
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
        name: str, *, dimensions: int | None = None, vector_index_config: VectorIndexConfig | None = None
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
    name: str | None, service: Service, *, quantizer: object, index: VectorIndexConfig | None, **settings: Any
) -> VectorConfig:
    reject_given(quantizer=quantizer)
    if not settings["region"]:
        raise AltoConfigurationError("region is a required argument and must be given, as in region='us-east-1'")
    given = {key: value for key, value in settings.items() if value is not None}
    return VectorConfig(name, {"vectorizer": "text2vec-aws", "service": service} | given | _index(index))


def _index(index: VectorIndexConfig | None) -> dict[str, Any]:
    return {"index": index.settings} if index and index.settings else {}
