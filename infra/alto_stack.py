"""Alto in one account and region."""

import json
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs import permissions
from infra.constructs.batch_inference import BatchInference
from infra.constructs.data_key import data_key
from infra.constructs.expiry_schedule import ExpirySchedule
from infra.constructs.functions import AltoFunction, Bundles
from infra.constructs.import_pipeline import ImportPipeline
from infra.constructs.job_table import JobTable
from infra.constructs.network import Network
from infra.constructs.query_api import QueryApi
from infra.constructs.search_domain import SearchDomain
from infra.monitoring.monitoring import Monitoring
from infra.monitoring.watched_parts import WatchedParts
from infra.nag_findings import acknowledge_findings
from infra.settings.settings import Settings

HTTP_FUNCTIONS = ("query", "write")


def model_roles(settings: Settings) -> dict[str, str]:
    """Return the variable with the roles that the functions may assume. External ids are not secret."""
    roles = [role.model_dump(exclude_none=True) for role in settings.model_roles]
    return {"ALTO_MODEL_ROLES": json.dumps(roles)} if roles else {}


def rerank_role(settings: Settings) -> dict[str, str]:
    """Return the variable with the ARN of the role that calls the models which rerank."""
    arn = next((role.role_arn for role in settings.model_roles if role.name == settings.rerank_role), None)
    return {} if arn is None else {"ALTO_RERANK_ROLE": arn}


class AltoStack(cdk.Stack):
    """A search domain, an import pipeline into it, an API in front of it, and the rights of the five functions."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, bundles: Bundles, **options: Any
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=cdk.Environment(region=settings.region),
            description=f"Alto: semantic and keyword search over OpenSearch, stage {settings.stage}",
            termination_protection=settings.removal == "retain",
            # The rule would be a template parameter; `cdk deploy` checks the bootstrap version anyway.
            synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            **options,
        )
        self.settings = settings
        self._bundles = bundles
        self.key = data_key(self, "DataKey", settings=settings)
        self.network = Network(self, "Network", settings=settings, key=self.key) if settings.network == "vpc" else None
        self.search = SearchDomain(self, "Search", settings=settings, key=self.key, network=self.network)
        self.jobs = JobTable(self, "Jobs", settings=settings, key=self.key)
        self.imports = ImportPipeline(self, "Imports", settings=settings, key=self.key)
        self.batch = BatchInference(self, "BatchInference", settings=settings, bucket=self.imports.bucket, key=self.key)

        engine = {"ALTO_OPENSEARCH_URL": self.search.url, "ALTO_KNN_ENGINE": settings.engine}
        engine |= model_roles(settings)
        # OpenSearch Service would add one replica, which a domain of one node cannot assign.
        collections = engine | {"ALTO_DEFAULT_REPLICAS": str(settings.default_replicas)}
        jobs = {
            "ALTO_JOBS_TABLE": self.jobs.table.table_name,
            "ALTO_IMPORT_BUCKET": self.imports.bucket.bucket_name,
        }
        chunks = {"ALTO_CHUNK_QUEUE_URL": self.imports.load_queue.queue_url}
        split = {"ALTO_SPLIT_QUEUE_URL": self.imports.split_queue.queue_url}
        self.query = self._function("query", engine | rerank_role(settings))
        self.write = self._function("write", collections | jobs | split)
        extract = {"ALTO_EXTRACT_QUEUE_URL": self.imports.extract_queue.queue_url}
        self.split = self._function("split", jobs | chunks | split | extract)
        self.extract = self._function("extract", chunks | {"ALTO_IMPORT_BUCKET": self.imports.bucket.bucket_name})
        self.load = self._function(
            "load", collections | jobs | chunks | {"ALTO_BATCH_ROLE_ARN": self.batch.role.role_arn}
        )

        self._grant()
        self.imports.start(split=self.split, extract=self.extract, load=self.load)
        self.api = QueryApi(self, "Api", settings=settings, query=self.query, write=self.write, key=self.key)
        parts = WatchedParts(
            settings=settings,
            functions={
                "query": self.query,
                "write": self.write,
                "split": self.split,
                "extract": self.extract,
                "load": self.load,
            },
            imports=self.imports,
            api=self.api,
            search=self.search,
            batch=self.batch,
            expiry=ExpirySchedule(self, "Expiry", load=self.load),
        )
        self.monitoring = Monitoring(self, "Monitoring", parts=parts, key=self.key)
        self._describe()
        for name, value in settings.tags.items():
            cdk.Tags.of(self).add(name, value)
        if settings.permissions_boundary:
            boundary = iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", settings.permissions_boundary)
            iam.PermissionsBoundary.of(self).apply(boundary)
        acknowledge_findings(parts, self.monitoring)

    def _function(self, name: str, environment: dict[str, str]) -> AltoFunction:
        claim = self.settings.jwt_collections_claim
        if claim and name in HTTP_FUNCTIONS:
            environment = environment | {"ALTO_COLLECTIONS_CLAIM": claim}
        return AltoFunction(
            self,
            name.capitalize(),
            name=name,
            settings=self.settings,
            bundles=self._bundles,
            environment=environment,
            key=self.key,
            network=self.network,
        )

    def _grant(self) -> None:
        table, bucket, chunks = self.jobs.table, self.imports.bucket, self.imports.load_queue

        self.search.grant_search(self.query)
        permissions.grant_embed(self.query, self.settings)
        permissions.grant_rerank(self.query, self.settings)
        permissions.grant_generate(self.query, self.settings)

        self.search.grant_write(self.write)
        permissions.grant_embed(self.write, self.settings)
        permissions.grant_record_jobs(self.write, table)
        permissions.grant_read_uploads(self.write, bucket)
        permissions.grant_sign_uploads(self.write, bucket)
        permissions.grant_send(self.write, self.imports.split_queue)

        permissions.grant_read_uploads(self.split, bucket)
        permissions.grant_write_reports(self.split, bucket)
        permissions.grant_record_jobs(self.split, table)
        permissions.grant_send(self.split, chunks)
        permissions.grant_send(self.split, self.imports.split_queue)
        permissions.grant_send(self.split, self.imports.extract_queue)

        permissions.grant_read_uploads(self.extract, bucket)
        permissions.grant_write_documents(self.extract, bucket)
        permissions.grant_send(self.extract, chunks)

        permissions.grant_read_uploads(self.load, bucket)
        permissions.grant_write_reports(self.load, bucket)
        permissions.grant_record_jobs(self.load, table)
        permissions.grant_send(self.load, chunks)
        self.search.grant_write(self.load)
        self.search.grant_swap(self.load)
        permissions.grant_embed(self.load, self.settings)
        self.batch.grant_run(self.load)

        if self.key:
            for function in (self.write, self.split, self.extract, self.load):
                permissions.grant_use_key(function, self.key)
        if self.network:
            for function in (self.query, self.write, self.split, self.extract, self.load):
                permissions.grant_join_network(function)
            self.network.grant_reach(bucket.bucket_arn, table.table_arn)

    def _describe(self) -> None:
        outputs = {
            "ApiUrl": self.api.url,
            "ImportBucketName": self.imports.bucket.bucket_name,
            "JobTableName": self.jobs.table.table_name,
            "SplitQueueUrl": self.imports.split_queue.queue_url,
            "LoadQueueUrl": self.imports.load_queue.queue_url,
            "SplitDeadLetterQueueUrl": self.imports.split_dead_letters.queue_url,
            "LoadDeadLetterQueueUrl": self.imports.load_dead_letters.queue_url,
            "AlarmTopicArn": self.monitoring.topic.topic_arn,
            "DashboardUrl": self._dashboard_url(),
            "DomainUrl": self.search.url,
        }
        if self.api.target:
            outputs["ApiDomainTarget"] = self.api.target
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)

    def _dashboard_url(self) -> str:
        console = f"https://{self.region}.console.aws.amazon.com/cloudwatch/home"
        return f"{console}?region={self.region}#dashboards/dashboard/{self.stack_name}"
