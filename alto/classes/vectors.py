"""How the vectors of a collection are made and indexed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alto.classes.vector_index import (
    QuantizerOptions,
    VectorIndexConfig,
    compression_of,
    warn_of_quantizer,
)
from alto.errors import AltoConfigurationError
from alto.unsupported import raise_unsupported, reject_given

Service = Literal["bedrock", "sagemaker"]
Truncation = Literal["none", "start", "end"]


@dataclass(frozen=True, slots=True)
class VectorConfig:
    """One vector of a collection: its name, if it has one, and its settings as the API takes them."""

    name: str | None
    settings: dict[str, Any]


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
        passages: int | None = None,
        external_id: str | None = None,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
    ) -> VectorConfig:
        """A vector made by a model on Amazon Bedrock. From `family` on, the settings are Alto's own.

        `model` is a model id, an inference profile or the ARN of one. `role_arn` is the ARN or the name of a role of
        the stage, whose settings have its external id.

        Args:
            name: Its name; "default" if not given.
            model: A model id, an inference profile, or the ARN of one.
            region: The AWS region of the model or endpoint.
            quantizer: Quantizer.sq() compresses vectors to a quarter; others have no effect but a warning.
            source_properties: The properties that the vector is made of; all texts if not given.
            vector_index_config: The graph: `Configure.VectorIndex.hnsw(...)`.
            vectorize_collection_name: Whether the collection's name is part of the text.
            dimensions: The length of the vectors; the model's default if not given.
            family: The family of a model whose ARN does not name it.
            normalize: Whether vectors have length 1, where the model can choose.
            truncate: What to do with a text that is too long: "none" is an error of that object.
            role_arn: A role of the stage, by its ARN or name.
            passages: Also embed the passages of long texts, of about so many words each; 90 is a good number.
            external_id: Not supported: the stage's settings have it.
            requests_per_minute: The largest rate of calls.
            tokens_per_minute: The largest rate of tokens.
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
            passages=passages and {"words": passages},
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
        passages: int | None = None,
        external_id: str | None = None,
        requests_per_minute: int | None = None,
    ) -> VectorConfig:
        """A vector made by a SageMaker endpoint, which is named, not addressed.

        From `inference_component` on, the settings are Alto's own. `role_arn` is the ARN or the name of a role of the
        stage, whose settings have its external id.

        Args:
            name: Its name; "default" if not given.
            endpoint: The name of the SageMaker endpoint.
            region: The AWS region of the model or endpoint.
            target_model: The model of a multi-model endpoint.
            target_variant: The production variant.
            quantizer: Quantizer.sq() compresses vectors to a quarter; others have no effect but a warning.
            source_properties: The properties that the vector is made of; all texts if not given.
            vector_index_config: The graph: `Configure.VectorIndex.hnsw(...)`.
            vectorize_collection_name: Whether the collection's name is part of the text.
            dimensions: The length of the vectors; the model's default if not given.
            inference_component: The inference component.
            payload: The form of the request that the container takes.
            pooling: How vectors of words become one: "none" or "mean".
            role_arn: A role of the stage, by its ARN or name.
            passages: Also embed the passages of long texts, of about so many words each; 90 is a good number.
            external_id: Not supported: the stage's settings have it.
            requests_per_minute: The largest rate of calls.
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
            passages=passages and {"words": passages},
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
        """Either of the two, by `service`.

        Args:
            name: Its name; "default" if not given.
            quantizer: Quantizer.sq() compresses vectors to a quarter; others have no effect but a warning.
            endpoint: The name of the SageMaker endpoint.
            model: A model id, an inference profile, or the ARN of one.
            region: The AWS region of the model or endpoint.
            service: "bedrock" or "sagemaker".
            source_properties: The properties that the vector is made of; all texts if not given.
            vector_index_config: The graph: `Configure.VectorIndex.hnsw(...)`.
            vectorize_collection_name: Whether the collection's name is part of the text.
            dimensions: The length of the vectors; the model's default if not given.
        """
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
        """A vector that comes with each object. Other than in Weaviate, its length is said now.

        Args:
            name: Its name; "default" if not given.
            dimensions: The length of the vectors.
            quantizer: Quantizer.sq() compresses vectors to a quarter; others have no effect but a warning.
            vector_index_config: The graph: `Configure.VectorIndex.hnsw(...)`.
        """
        warn_of_quantizer(quantizer)
        if dimensions is None:
            raise AltoConfigurationError(
                "dimensions: Configure.Vectors.self_provided needs the length of the vectors, as in dimensions=1024"
            )
        return VectorConfig(
            name, {"vectorizer": "none", "dimensions": dimensions} | _index(vector_index_config, quantizer)
        )


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
        """As Configure.Vectors.text2vec_aws.

        Args:
            name: Its name; "default" if not given.
            region: The AWS region of the model or endpoint.
            endpoint: The name of the SageMaker endpoint.
            model: A model id, an inference profile, or the ARN of one.
            service: "bedrock" or "sagemaker".
            source_properties: The properties that the vector is made of; all texts if not given.
            vector_index_config: The graph: `Configure.VectorIndex.hnsw(...)`.
            vectorize_collection_name: Whether the collection's name is part of the text.
            dimensions: The length of the vectors; the model's default if not given.
        """
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
        """As Configure.Vectors.self_provided.

        Args:
            name: Its name; "default" if not given.
            vector_index_config: The graph: `Configure.VectorIndex.hnsw(...)`.
            dimensions: The length of the vectors.
        """
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
        """As Configure.Vectors.text2vec_aws.

        Args:
            model: A model id, an inference profile, or the ARN of one.
            region: The AWS region of the model or endpoint.
            endpoint: The name of the SageMaker endpoint.
            service: "bedrock" or "sagemaker".
            vectorize_collection_name: Whether the collection's name is part of the text.
            dimensions: The length of the vectors; the model's default if not given.
        """
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
        """As Configure.Vectors.self_provided.

        Args:
            dimensions: The length of the vectors.
        """
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
    return VectorConfig(name, {"vectorizer": "text2vec-aws", "service": service} | given | _index(index, quantizer))


def _index(index: VectorIndexConfig | None, quantizer: QuantizerOptions | None = None) -> dict[str, Any]:
    compression = compression_of(quantizer)
    settings = (index.settings if index else {}) | ({"compression": compression} if compression else {})
    return {"index": settings} if settings else {}


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
