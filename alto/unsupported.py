"""Weaviate features that Alto does not support, each with an alternative."""

from typing import Any, NoReturn

from alto.errors import AltoNotSupportedError

ALTERNATIVES = {
    "generative_vendor": "a model on Amazon Bedrock: aws_bedrock(model='us.anthropic.claude-sonnet-4-5-20250929-v1:0', "
    "region='us-east-1'), or a SageMaker endpoint: aws_sagemaker(...)",
    "generative_images": "describe the images by a model of your own, store the text as a property, and give it to the "
    "model as one of grouped_properties",
    "generative_debug": "leave it out: .generative.metadata has the model, its tokens, its time and why it stopped",
    "bedrock_endpoint": "leave it out: Bedrock is addressed by its region; a SageMaker endpoint by aws_sagemaker(...)",
    "bedrock_target": "aws_sagemaker(endpoint=…, target_model=…): Bedrock has no target models or variants",
    "sagemaker_model": "aws_sagemaker(endpoint=…): the endpoint has its model",
    "external_id": "name the role in role_arn; its external id is part of the stage's setting model_roles",
    "reranker_config": "name the model in each search: rerank=Rerank(prop=…, model='cohere.rerank-v3-5:0')",
    "multi_tenancy_config": "make a collection for each tenant, or filter by a tenant property",
    "backup": "snapshots of the OpenSearch domain, or `alto export`",
    "cluster": "the metrics of the OpenSearch domain in CloudWatch",
    "permissions": "IAM policies on the API's routes",
    "embedded": "`make up` runs Alto on this machine, connect_to_local() connects to it",
    "cloud": "connect_to_aws(url), with the address of your own stack",
    "auth": "connect_to_aws, which signs with AWS credentials, or auth= of httpx in connect_to_custom",
    "grpc": "leave it out: Alto has one address, of HTTP",
    "proxies": "leave it out: the proxies of the environment are used (AdditionalConfig(trust_env=True))",
    "graphql": "collection.query with return_properties",
    "tokenize": "a search with explain: MetadataQuery(explain_score=True) shows the words",
    "old_client": "AltoClient, by alto.connect_to_local or connect_to_aws",
    "connection": "alto.connect_to_local, connect_to_aws or connect_to_custom",
    "media": "describe the media by a model of your own and search with near_vector",
    "multi_vector": "one vector for each object, or several named ones",
    "vector_index_none": "keep the default: vectors are always indexed",
    "phone_number": "a DataType.TEXT property with Tokenization.FIELD",
    "integrations": "requests_per_minute and tokens_per_minute of Configure.Vectors.text2vec_aws_bedrock",
    "debug": "client.call('GET', path), any request of the HTTP API",
    "types": "leave it out: it is the type of a value that the methods of Alto return with types of their own",
    "tenant": "make a collection for each tenant, or filter by a tenant property",
    "replication_config": "replicas are a setting of the stage in cdk.json, for all collections",
    "sharding_config": "shards are a setting of the stage in cdk.json, for all collections",
    "inverted_index_config": "set index_filterable, index_searchable and tokenization for each Property",
    "vector_index_config": "write vector_index_config in Configure.Vectors.…, for each vector",
    "property_descriptions": "describe properties when the collection is created",
    "changed_vector_config": "add a vector with config.add_vector and make it the default",
    "data_model_properties": "leave it out: properties are a dict of values by name",
    "data_model_references": "leave it out: Alto has no references",
    "hnsw_setting": "leave it out: of HNSW, OpenSearch has ef, ef_construction and max_connections only",
    "stop_words": "give the whole list, as Property(stop_words=[...]) or with StopwordsPreset.NONE and "
    "stopwords_additions",
    "shards": "shards are a setting of the stage in cdk.json, for all collections",
    "delete_index": "create a collection whose property says index_filterable or index_searchable, and import into it",
    "data_model": "leave it out: properties are a dict of values by name",
    "references": "store the other object's id in a DataType.UUID property and fetch that object",
    "return_references": "store the other object's id in a DataType.UUID property and fetch that object",
    "quantizer": "Configure.VectorIndex.Quantizer.sq(), which compresses vectors to a quarter",
    "consistency_level": "leave it out: every write is acknowledged by the primary and all replicas that are in sync",
    "nested": "return_properties with the name of the whole object",
    "blob": "store the bytes in S3 and their key as DataType.TEXT",
    "list_place": "a path without a place, such as cars.make, which finds objects with a match anywhere in the list",
    "near_image": "describe the image by a model of your own and search with near_vector",
}


def raise_unsupported(name: str, alternative: str | None = None) -> NoReturn:
    """Raise `AltoNotSupportedError` for something of Weaviate's."""
    raise AltoNotSupportedError(
        f"Alto does not support {name}. Instead: {alternative or ALTERNATIVES[name]}.", code="not_supported"
    )


def reject_given(**values: object) -> None:
    """Raise `AltoNotSupportedError` for the first parameter that has a value."""
    for name, value in values.items():
        if value is not None and value is not False and value != []:
            raise_unsupported(name)


class Unsupported:
    """A part of Weaviate that Alto does not support: any use raises `AltoNotSupportedError`.

    Type checkers see Any, so that they continue to check the lines after a use. It can be imported, be part of an
    annotation and be the class of `isinstance`, because that alone does nothing that Alto lacks.
    """

    def __init__(self, name: str, alternative: str) -> None:
        self._name = name
        self._alternative = alternative

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        """The message, for `help()` and editors."""
        return f"Alto does not support {self._name}. Instead: {self._alternative}."

    def __repr__(self) -> str:
        return f"<{self.__doc__}>"

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        raise_unsupported(f"{self._name}.{attribute}", self._alternative)

    def __call__(self, *_: object, **__: object) -> Any:
        """Raises `AltoNotSupportedError`, too."""
        raise_unsupported(self._name, self._alternative)

    def __getitem__(self, _: object) -> Any:
        """Of an annotation such as `CrossReference[Film]`."""
        return Any

    def __or__(self, _: object) -> Any:
        """Of an annotation such as `Tenant | None`."""
        return Any

    __ror__ = __or__

    def __instancecheck__(self, _: object) -> bool:
        """Nothing is an instance of it."""
        return False

    def __mro_entries__(self, _: object) -> Any:
        """Raises `AltoNotSupportedError` for a class that derives from it."""
        raise_unsupported(self._name, self._alternative)
