"""The settings of a stage: one typed model. `stage_settings.py` reads it from `cdk.json`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from infra.settings.fields import (
    CERTIFICATE_ARN,
    EMAIL,
    ENDPOINT,
    GUARDRAIL,
    HOST_NAME,
    MODEL,
    ORIGIN,
    POLICY_ARN,
    REGION,
    ROLE_NAME,
    STAGE_NAME,
    Block,
    Decoded,
    DomainSize,
    ExistingVpc,
    Flag,
    ModelRole,
    TagName,
    TagValue,
    Text,
    WholeNumber,
    matching,
    whole_number,
)
from infra.settings.hosts import AWS_ENDPOINT_HOST, host, is_loopback

Architecture = Literal["arm64", "x86_64"]
FunctionName = Literal["query", "write", "split", "extract", "load"]

# Hybrid search with a common filter and rank fusion need 3.x. Tests run 3.6, the newest version whose neural-search
# plugin is on Maven Central; the service has 3.5 and 3.7, so that the deployed version is the newer (docs/deploy.md).
ENGINE_VERSION = "3.7"

# Models that take batch jobs (Supported Regions and models for batch inference).
BATCH_MODELS = ("amazon.titan-embed-text-v2:0", "amazon.titan-embed-image-v1")

# The most splitters at once: of files, and of dead letters.
SPLITTERS = 7
# Invocations of `extract` that its queue may start at once.
EXTRACTORS = 10


class Settings(Block):
    """All settings of a stage."""

    stage: Annotated[str, matching(STAGE_NAME)] = Field(description="lower case letters, digits and '-', at most 23")
    region: Annotated[str, matching(REGION)] = Field(description="an AWS region such as eu-west-1")
    # Of the functions.
    architecture: Architecture
    # Whether the stage's data outlive it: bucket, table, domain, key and logs.
    removal: Literal["retain", "destroy"]

    # The k-NN engine of vectors.
    engine: Literal["lucene", "faiss"]
    # Copies of each shard of a collection that does not ask for a number. By default 1, or 0 on a domain of one node.
    replicas: Annotated[WholeNumber, Field(ge=0, le=5)] | None = Field(None, description="a whole number from 0 to 5")
    # An OpenSearch domain of the stage, or `existing_domain_url`.
    domain: Annotated[DomainSize | None, Decoded] = None
    # A domain that exists, in place of one of the stage.
    existing_domain_url: Annotated[str, matching(r"^https?://[^/\s]+$")] | None = Field(
        None, description="scheme and host only, as in http://127.0.0.1:9200"
    )

    # The models that may embed texts.
    models: Annotated[tuple[Annotated[str, matching(MODEL)], ...], Decoded] = Field(
        description="Bedrock model ids, without wildcards"
    )
    # Regions besides the own one of the stage whose models may be invoked.
    model_regions: Annotated[tuple[Annotated[str, matching(REGION)], ...], Decoded] = Field(
        (), description="AWS regions such as us-east-1"
    )
    # The models that may rerank searches.
    rerank_models: Annotated[tuple[Annotated[str, matching(MODEL)], ...], Decoded] = Field(
        (), description="Bedrock model ids, without wildcards"
    )
    # The models that may write texts in generative searches.
    generative_models: Annotated[tuple[Annotated[str, matching(MODEL)], ...], Decoded] = Field(
        (), description="Bedrock model ids or inference profiles, without wildcards"
    )
    # The guardrails that may check generated texts.
    guardrails: Annotated[tuple[Annotated[str, matching(GUARDRAIL)], ...], Decoded] = Field(
        (), description="identifiers or ARNs of guardrails, without wildcards"
    )
    # The SageMaker endpoints that may embed or write texts.
    sagemaker_endpoints: Annotated[tuple[Annotated[str, matching(ENDPOINT)], ...], Decoded] = Field(
        (), description="endpoint names, without wildcards"
    )
    # Roles, also of other accounts, that collections may name in `role_arn`, by name or ARN.
    model_roles: Annotated[tuple[ModelRole, ...], Decoded] = Field(
        (), description='a list of {"name": ..., "role_arn": ..., "external_id": ...}'
    )
    # The one of these that calls the models that rerank. By default the function calls them with its own role.
    rerank_role: Annotated[str, matching(ROLE_NAME)] | None = Field(
        None, description="the name of one of 'model_roles'"
    )

    # Who may call the API: signed requests of AWS identities, or tokens of an issuer.
    auth: Literal["iam", "jwt"] = "iam"
    # The issuer of the tokens, with `auth: jwt`.
    jwt_issuer: Annotated[str, matching(r"^https?://[^\s?#]+$")] | None = Field(
        None, description="the issuer's URL, as in its tokens"
    )
    # A token has to name one of these audiences.
    jwt_audience: Annotated[tuple[Text, ...], Decoded] = Field((), description="text")
    # A token needs one of these to read; without lists of scopes any valid token may use every route.
    jwt_read_scopes: Annotated[tuple[Text, ...], Decoded] = Field((), description="scopes, as in tokens")
    # A token needs one of these to write objects and to import.
    jwt_write_scopes: Annotated[tuple[Text, ...], Decoded] = Field((), description="scopes, as in tokens")
    # A token needs one of these to change collections and aliases.
    jwt_admin_scopes: Annotated[tuple[Text, ...], Decoded] = Field((), description="scopes, as in tokens")
    # The claim that lists the collections of a token; without it a token is not limited to collections.
    jwt_collections_claim: Annotated[str, matching(r"^[A-Za-z0-9_:./-]{1,100}$")] | None = Field(
        None, description="the name of a claim"
    )
    # The name of the API instead of that of API Gateway, with `certificate_arn`.
    custom_domain: Annotated[str, matching(HOST_NAME)] | None = Field(
        None, description="a host name such as search.example.com"
    )
    # The certificate of `custom_domain`, in the region of the stage.
    certificate_arn: Annotated[str, matching(CERTIFICATE_ARN)] | None = Field(
        None, description="an ACM certificate's ARN: arn:aws:acm:<region>:<account>:certificate/<id>"
    )
    # Web pages that may call the API: origins such as https://search.example.com. None by default.
    cors_origins: Annotated[tuple[Annotated[str, matching(ORIGIN)], ...], Decoded] = Field(
        (), description="origins: scheme, host and port, no path"
    )
    # Requests a second of all callers; more are rejected with 429.
    throttle_rate: WholeNumber = whole_number(1, 10_000)
    # Requests that may arrive at once.
    throttle_burst: WholeNumber = whole_number(1, 5_000)

    # Where functions and domain are; in a `vpc` they have no way to the internet.
    network: Literal["public", "vpc"] = "public"
    # A VPC that exists, instead of one of the stage's own: its routes or endpoints lead to the services.
    existing_vpc: Annotated[ExistingVpc | None, Decoded] = None
    # The key of bucket, queues, table, domain, logs and alarm topic; `customer` makes one for the stage.
    encryption_key: Literal["aws-owned", "customer"] = "aws-owned"

    # Days after which files in the import bucket expire; they stay by default.
    upload_expiry_days: Annotated[WholeNumber, Field(ge=1, le=3_650)] | None = Field(
        None, description="a whole number from 1 to 3650"
    )

    # Chunks of imports that are loaded at once; SQS itself takes 2 to 1000.
    load_concurrency: WholeNumber = whole_number(2, 1_000)
    # By function: the share of the account's concurrent executions that is kept for it, and its limit.
    reserved_concurrency: Annotated[Mapping[FunctionName, Annotated[WholeNumber, Field(ge=1, le=10_000)]], Decoded] = (
        Field(default_factory=dict, description="a whole number from 1 to 10000")
    )
    # Whether query and write start from a snapshot of their initialised selves.
    snap_start: Flag = False

    # Of every resource that takes tags, and of the stack.
    tags: Annotated[Mapping[TagName, TagValue], Decoded] = Field(default_factory=dict, description="a tag's text")
    # The policy that limits every role of the stage, where an organisation asks for one.
    permissions_boundary: Annotated[str, matching(POLICY_ARN)] | None = Field(
        None, description="a policy's ARN such as arn:aws:iam::123456789012:policy/boundary"
    )

    # The values of CloudWatch Logs that are in common use.
    log_retention_days: Annotated[Literal[1, 3, 7, 14, 30, 90, 180, 365, 731], Decoded]
    # Of the functions' logs.
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # Who is notified of alarms; each address has to confirm first.
    alarm_emails: Annotated[tuple[Annotated[str, matching(EMAIL)], ...], Decoded] = Field(
        (), description="e-mail addresses such as team@example.com"
    )
    # Variables of the environment of every function, such as the limits of docs/limits.md.
    function_environment: Annotated[Mapping[Text, Text], Decoded] = Field(default_factory=dict, description="text")

    @property
    def batch_models(self) -> tuple[str, ...]:
        """The stage's models that take batch jobs."""
        return tuple(model for model in self.models if model in BATCH_MODELS)

    @property
    def makes_vpc(self) -> bool:
        """Whether the stage has a VPC of its own, with endpoints for the services it uses."""
        return self.network == "vpc" and self.existing_vpc is None

    @property
    def domain_name(self) -> str:
        """The name by which policies know the OpenSearch domain."""
        endpoint = AWS_ENDPOINT_HOST.fullmatch(host(self.existing_domain_url))
        return endpoint["name"] if endpoint else f"alto-{self.stage}"

    @property
    def default_replicas(self) -> int:
        """The replicas of a collection that does not ask for a number: none where one node could not hold them."""
        if self.replicas is not None:
            return self.replicas
        if self.existing_domain_url:
            return 0 if is_loopback(host(self.existing_domain_url)) else 1
        return 0 if self.domain and self.domain.instance_count == 1 else 1

    @property
    def regions_of_models(self) -> tuple[str, ...]:
        """Where the stage's models may be invoked: in its own region, and in those it names."""
        return tuple(dict.fromkeys((self.region, *self.model_regions)))
