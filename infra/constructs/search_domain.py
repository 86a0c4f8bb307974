"""The OpenSearch domain, new or existing, and the functions' rights on it."""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from infra.constructs.functions import AltoFunction
from infra.constructs.log_group import log_group
from infra.constructs.network import Network
from infra.constructs.removal import removal_policy
from infra.settings.fields import DomainSize
from infra.settings.settings import ENGINE_VERSION, Settings

# A collection's alias and its indices begin so.
INDICES = "alto-*"

# A path may name several indices, as in alto-a,secret/_search, which the pattern above also matches: denied.
SEVERAL_INDICES = "alto-*,*"

READ = ["es:ESHttpGet", "es:ESHttpHead"]
SEARCHES = ("_search", "_msearch")
# Names its indices in the body: OpenSearch has no such request below the name of an index.
ALIASES = "_aliases"
WRITE = [*READ, "es:ESHttpPost", "es:ESHttpPut", "es:ESHttpDelete"]


class SearchDomain(Construct):
    """Where collections live. `url` is the functions' setting; `size` is None if the domain existed before."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        key: kms.IKey | None,
        network: Network | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._key = key
        self._network = network
        # By name, not by reference: the domain's policy names the roles and theirs name the domain.
        self.domain_arn = cdk.Stack.of(self).format_arn(
            service="es", resource="domain", resource_name=settings.domain_name
        )
        self._access = iam.PolicyDocument()
        self.size = None if settings.existing_domain_url else settings.domain
        if self.size:
            self.url = f"https://{self._domain(self.size).domain_endpoint}"
        else:
            self.url = str(settings.existing_domain_url)

    def grant_search(self, function: AltoFunction) -> None:
        """Reading and searching; nothing that changes an index."""
        self._admit(
            function,
            iam.PolicyStatement(actions=READ, resources=[f"{self.domain_arn}/{INDICES}"]),
            iam.PolicyStatement(
                actions=["es:ESHttpPost"], resources=[f"{self.domain_arn}/{INDICES}/{way}" for way in SEARCHES]
            ),
            # A wildcard spans slashes, so the lines above alone would also cover POST alto-x/_doc/_search: a document
            # whose id is "_search".
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=["es:ESHttpPost"],
                resources=[f"{self.domain_arn}/{INDICES}/_*/{way}" for way in SEARCHES],
            ),
        )

    def grant_write(self, function: AltoFunction) -> None:
        """Any request to Alto's own indices; none to the cluster or other indices."""
        self._admit(function, iam.PolicyStatement(actions=WRITE, resources=[f"{self.domain_arn}/{INDICES}"]))

    def grant_swap(self, function: AltoFunction) -> None:
        """Change several aliases in one request, with which a rebuilt index takes the place of another."""
        self._allow(
            function, iam.PolicyStatement(actions=["es:ESHttpPost"], resources=[f"{self.domain_arn}/{ALIASES}"])
        )

    def _admit(self, function: AltoFunction, *statements: iam.PolicyStatement) -> None:
        several = iam.PolicyStatement(
            effect=iam.Effect.DENY, actions=WRITE, resources=[f"{self.domain_arn}/{SEVERAL_INDICES}"]
        )
        self._allow(function, *statements, several)

    def _allow(self, function: AltoFunction, *statements: iam.PolicyStatement) -> None:
        """Add the statements to the role and to the domain's policy.

        Within an account either side's permission suffices, so a wider policy of the domain would undo the role's.
        """
        for statement in statements:
            function.role.add_to_policy(statement)
            self._access.add_statements(statement.copy(principals=[function.role]))

    def _domain(self, size: DomainSize) -> opensearch.Domain:
        network = self._network
        domain = opensearch.Domain(
            self,
            "Domain",
            domain_name=self._settings.domain_name,
            version=opensearch.EngineVersion.open_search(ENGINE_VERSION),
            capacity=opensearch.CapacityConfig(
                data_node_instance_type=size.instance_type,
                data_nodes=size.instance_count,
                master_node_instance_type=size.manager_instance_type if size.dedicated_managers else None,
                master_nodes=size.dedicated_managers or None,
                multi_az_with_standby_enabled=False,
            ),
            zone_awareness=opensearch.ZoneAwarenessConfig(
                enabled=size.zones > 1, availability_zone_count=size.zones if size.zones > 1 else None
            ),
            ebs=opensearch.EbsOptions(volume_size=size.volume_gib, volume_type=ec2.EbsDeviceVolumeType.GP3),
            encryption_at_rest=opensearch.EncryptionAtRestOptions(enabled=True, kms_key=self._key),
            node_to_node_encryption=True,
            enforce_https=True,
            tls_security_policy=opensearch.TLSSecurityPolicy.TLS_1_2_PFS,
            enable_auto_software_update=True,
            # Without it a new engine version replaces the domain, which fails because the name is fixed.
            enable_version_upgrade=True,
            # Requests name their index in the path, where policies see it, and never in the body.
            advanced_options={"rest.action.multi.allow_explicit_index": "false"},
            vpc=network.vpc if network else None,
            vpc_subnets=[network.subnets(size.zones)] if network else None,
            security_groups=[network.domain] if network else None,
            logging=self._logging(),
            # CDK's own would be a custom resource with a function; see _grant_opensearch_logging.
            suppress_logs_resource_policy=True,
            removal_policy=removal_policy(self._settings),
        )
        # Set here for the same reason: CDK's `access_policies` is a custom resource.
        cast(opensearch.CfnDomain, domain.node.default_child).access_policies = self._access
        domain.node.add_dependency(self._grant_opensearch_logging())
        return domain

    def _logging(self) -> opensearch.LoggingOptions:
        self._logs = {
            name: log_group(self, name, settings=self._settings, key=self._key) for name in ("ErrorLogs", "SlowLogs")
        }
        return opensearch.LoggingOptions(
            app_log_enabled=True,
            app_log_group=self._logs["ErrorLogs"],
            slow_search_log_enabled=True,
            slow_search_log_group=self._logs["SlowLogs"],
            slow_index_log_enabled=True,
            slow_index_log_group=self._logs["SlowLogs"],
        )

    def _grant_opensearch_logging(self) -> logs.ResourcePolicy:
        return logs.ResourcePolicy(
            self,
            "LogPolicy",
            policy_statements=[
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal("es.amazonaws.com")],
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[group.log_group_arn for group in self._logs.values()],
                    conditions={"ArnLike": {"aws:SourceArn": self.domain_arn}},
                )
            ],
        )
