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
    architecture: Architecture
    # Whether the stage's data outlive it: bucket, table, domain, key and logs.
    removal: Literal["retain", "destroy"]

    # Where collections live.
    engine: Literal["lucene", "faiss"]
    # Copies of each shard of a collection that does not ask for a number. By default 1, or 0 on a domain of one node.
    replicas: Annotated[WholeNumber, Field(ge=0, le=5)] | None = Field(None, description="a whole number from 0 to 5")
    domain: Annotated[DomainSize | None, Decoded] = None
    existing_domain_url: Annotated[str, matching(r"^https?://[^/\s]+$")] | None = Field(
        None, description="scheme and host only, as in http://127.0.0.1:9200"
    )

    # Which models the functions may invoke, in which regions besides the stage's own, and as which roles.
    models: Annotated[tuple[Annotated[str, matching(MODEL)], ...], Decoded] = Field(
        description="Bedrock model ids, without wildcards"
    )
    model_regions: Annotated[tuple[Annotated[str, matching(REGION)], ...], Decoded] = Field(
        (), description="AWS regions such as us-east-1"
    )
    # The models that may rerank searches.
    rerank_models: Annotated[tuple[Annotated[str, matching(MODEL)], ...], Decoded] = Field(
        (), description="Bedrock model ids, without wildcards"
    )
    # The models that may write texts in generative searches, and the guardrails that may check them.
    generative_models: Annotated[tuple[Annotated[str, matching(MODEL)], ...], Decoded] = Field(
        (), description="Bedrock model ids or inference profiles, without wildcards"
    )
    guardrails: Annotated[tuple[Annotated[str, matching(GUARDRAIL)], ...], Decoded] = Field(
        (), description="identifiers or ARNs of guardrails, without wildcards"
    )
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

    # Who may call the API, and under which name.
    auth: Literal["iam", "jwt"] = "iam"
    jwt_issuer: Annotated[str, matching(r"^https?://[^\s?#]+$")] | None = Field(
        None, description="the issuer's URL, as in its tokens"
    )
    jwt_audience: Annotated[tuple[Text, ...], Decoded] = Field((), description="text")
    # A token needs one scope of a route's list; without lists any valid token may use every route.
    jwt_read_scopes: Annotated[tuple[Text, ...], Decoded] = Field((), description="scopes, as in tokens")
    jwt_write_scopes: Annotated[tuple[Text, ...], Decoded] = Field((), description="scopes, as in tokens")
    jwt_admin_scopes: Annotated[tuple[Text, ...], Decoded] = Field((), description="scopes, as in tokens")
    # The claim that lists the collections of a token; without it a token is not limited to collections.
    jwt_collections_claim: Annotated[str, matching(r"^[A-Za-z0-9_:./-]{1,100}$")] | None = Field(
        None, description="the name of a claim"
    )
    custom_domain: Annotated[str, matching(HOST_NAME)] | None = Field(
        None, description="a host name such as search.example.com"
    )
    certificate_arn: Annotated[str, matching(CERTIFICATE_ARN)] | None = Field(
        None, description="an ACM certificate's ARN: arn:aws:acm:<region>:<account>:certificate/<id>"
    )
    # Web pages that may call the API: origins such as https://search.example.com. None by default.
    cors_origins: Annotated[tuple[Annotated[str, matching(ORIGIN)], ...], Decoded] = Field(
        (), description="origins: scheme, host and port, no path"
    )
    throttle_rate: WholeNumber = whole_number(1, 10_000)
    throttle_burst: WholeNumber = whole_number(1, 5_000)

    # Where the functions run, and which key encrypts their data.
    network: Literal["public", "vpc"] = "public"
    # A VPC that exists, instead of one of the stage's own: its routes or endpoints lead to the services.
    existing_vpc: Annotated[ExistingVpc | None, Decoded] = None
    encryption_key: Literal["aws-owned", "customer"] = "aws-owned"

    # Days after which files in the import bucket expire; they stay by default.
    upload_expiry_days: Annotated[WholeNumber, Field(ge=1, le=3_650)] | None = Field(
        None, description="a whole number from 1 to 3650"
    )

    # SQS itself takes 2 to 1000.
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
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # Who is notified of alarms; each address has to confirm first.
    alarm_emails: Annotated[tuple[Annotated[str, matching(EMAIL)], ...], Decoded] = Field(
        (), description="e-mail addresses such as team@example.com"
    )
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
