"""The HTTP API in front of the query and write functions."""

import json
from typing import Literal, NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_kms as kms
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer, HttpJwtAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.constructs.functions import AltoFunction
from infra.constructs.log_group import log_group, vended_log_name
from infra.settings.settings import Settings

Access = Literal["read", "write", "admin"]


class Route(NamedTuple):
    """The function that handles a method and path, and the access that a token needs for it."""

    method: str
    path: str
    function: str
    access: Access


# The most specific route wins. Everything else goes to the query function, which returns Alto's own 404. Routes for
# ANY method are for those that have no route of their own: they return 405.
ROUTES = (
    Route("GET", "/v1/meta", "query", "read"),
    Route("GET", "/v1/.well-known/live", "query", "read"),
    Route("GET", "/v1/.well-known/ready", "query", "read"),
    Route("GET", "/v1/openapi.json", "query", "read"),
    Route("POST", "/v1/collections/{name}/search", "query", "read"),
    Route("POST", "/v1/collections/{name}/aggregate", "query", "read"),
    Route("POST", "/v1/collections/{name}/generate", "query", "read"),
    Route("POST", "/v1/collections/{name}/embed", "query", "read"),
    Route("GET", "/v1/collections", "write", "read"),
    Route("GET", "/v1/collections/{proxy+}", "write", "read"),
    Route("HEAD", "/v1/collections/{proxy+}", "write", "read"),
    Route("POST", "/v1/collections/{name}/objects/list", "write", "read"),
    Route("POST", "/v1/collections/{name}/objects/get", "write", "read"),
    Route("POST", "/v1/collections/{name}/objects", "write", "write"),
    Route("POST", "/v1/collections/{name}/objects/{proxy+}", "write", "write"),
    Route("PUT", "/v1/collections/{name}/objects/{proxy+}", "write", "write"),
    Route("PATCH", "/v1/collections/{name}/objects/{proxy+}", "write", "write"),
    Route("DELETE", "/v1/collections/{name}/objects/{proxy+}", "write", "write"),
    Route("ANY", "/v1/collections", "write", "admin"),
    Route("ANY", "/v1/collections/{proxy+}", "write", "admin"),
    Route("GET", "/v1/aliases", "write", "read"),
    Route("GET", "/v1/aliases/{proxy+}", "write", "read"),
    Route("ANY", "/v1/aliases", "write", "admin"),
    Route("ANY", "/v1/aliases/{proxy+}", "write", "admin"),
    Route("POST", "/v1/collections/{name}/imports", "write", "write"),
    Route("POST", "/v1/collections/{name}/imports/{proxy+}", "write", "write"),
    Route("GET", "/v1/imports", "write", "read"),
    Route("GET", "/v1/imports/{proxy+}", "write", "read"),
    Route("ANY", "/v1/imports", "write", "write"),
    Route("ANY", "/v1/imports/{proxy+}", "write", "write"),
)
FALLBACK = "query"
PREFLIGHT_PATHS = ("/{proxy+}", *(route.path for route in ROUTES if route.method == "ANY"))

# No request headers: they may hold a caller's AWS keys.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "functionMilliseconds": "$context.integrationLatency",
    "error": "$context.integrationErrorMessage",
}
CALLERS = {
    "iam": {"caller": "$context.identity.userArn"},
    "jwt": {"caller": "$context.authorizer.claims.sub", "refusal": "$context.authorizer.error"},
}


class QueryApi(Construct):
    """Alto's HTTP API. `url` has no slash at its end."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        query: AltoFunction,
        write: AltoFunction,
        key: kms.IKey | None,
    ) -> None:
        super().__init__(scope, construct_id)
        integrations = {
            # One permission for the whole API instead of one for each route.
            name: HttpLambdaIntegration(name, function.target, scope_permission_to_route=False)
            for name, function in {"query": query, "write": write}.items()
        }
        api = apigatewayv2.HttpApi(
            self,
            "HttpApi",
            api_name=f"alto-{settings.stage}",
            create_default_stage=False,
            default_integration=integrations[FALLBACK],
            cors_preflight=_cors(settings),
            default_authorizer=_authorizer(settings),
            default_authorization_scopes=scopes(settings, "read") or None,
            # A second address would bypass a firewall in front of the first.
            disable_execute_api_endpoint=settings.custom_domain is not None,
        )
        for route in ROUTES:
            api.add_routes(
                path=route.path,
                methods=[apigatewayv2.HttpMethod[route.method]],
                integration=integrations[route.function],
                authorization_scopes=scopes(settings, route.access) or None,
            )
        # Routes without an authorizer.
        self.preflights = self._admit_preflights(api, integrations[FALLBACK]) if settings.cors_origins else []
        stage = self._stage(api, settings, key)
        # `target` is where the name of `custom_domain` has to point.
        self.api_id = api.api_id
        self.target: str | None = None
        if settings.custom_domain:
            self.url = f"https://{settings.custom_domain}"
            self.target = self._name(settings.custom_domain, api, stage, settings)
        else:
            self.url = api.api_endpoint

    def _stage(self, api: apigatewayv2.HttpApi, settings: Settings, key: kms.IKey | None) -> apigatewayv2.CfnStage:
        return apigatewayv2.CfnStage(
            self,
            "Stage",
            api_id=api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=apigatewayv2.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=settings.throttle_rate,
                throttling_burst_limit=settings.throttle_burst,
                detailed_metrics_enabled=True,
            ),
            access_log_settings=apigatewayv2.CfnStage.AccessLogSettingsProperty(
                destination_arn=log_group(
                    self, "AccessLogs", settings=settings, key=key, name=vended_log_name(self)
                ).log_group_arn,
                format=json.dumps(ACCESS_LOG | CALLERS[settings.auth]),
            ),
        )

    def _name(self, host: str, api: apigatewayv2.HttpApi, stage: apigatewayv2.CfnStage, settings: Settings) -> str:
        """Give the API its own host name; returns the name that DNS has to point it to."""
        name = apigatewayv2.DomainName(
            self,
            "DomainName",
            domain_name=host,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", str(settings.certificate_arn)),
            security_policy=apigatewayv2.SecurityPolicy.TLS_1_2,
        )
        mapping = apigatewayv2.CfnApiMapping(
            self, "Mapping", api_id=api.api_id, domain_name=name.name, stage=stage.stage_name
        )
        mapping.add_resource_dependency(stage)
        return name.regional_domain_name

    def _admit_preflights(
        self, api: apigatewayv2.HttpApi, integration: HttpLambdaIntegration
    ) -> list[apigatewayv2.HttpRoute]:
        """Browsers send preflights without credentials, which routes for any method would reject."""
        return [
            route
            for path in PREFLIGHT_PATHS
            for route in api.add_routes(
                path=path,
                methods=[apigatewayv2.HttpMethod.OPTIONS],
                integration=integration,
                authorizer=apigatewayv2.HttpNoneAuthorizer(),
            )
        ]


def _authorizer(settings: Settings) -> apigatewayv2.IHttpRouteAuthorizer:
    """API Gateway authorizes every request, before a function is invoked."""
    if settings.auth == "iam":
        return HttpIamAuthorizer()
    return HttpJwtAuthorizer("Jwt", str(settings.jwt_issuer), jwt_audience=list(settings.jwt_audience))


def scopes(settings: Settings, access: Access) -> list[str]:
    """The scopes that admit a token to a route, any one of them: an administrator may write, a writer may read."""
    lists = {"read": settings.jwt_read_scopes, "write": settings.jwt_write_scopes, "admin": settings.jwt_admin_scopes}
    levels: dict[Access, tuple[str, ...]] = {
        "read": ("read", "write", "admin"),
        "write": ("write", "admin"),
        "admin": ("admin",),
    }
    return list(dict.fromkeys(scope for level in levels[access] for scope in lists[level]))


def _cors(settings: Settings) -> apigatewayv2.CorsPreflightOptions | None:
    """Rights of web pages of the listed origins: all methods, authorized like any other request."""
    if not settings.cors_origins:
        return None
    return apigatewayv2.CorsPreflightOptions(
        allow_origins=list(settings.cors_origins),
        allow_methods=[apigatewayv2.CorsHttpMethod.ANY],
        allow_headers=["*"],
        expose_headers=["Allow", "Idempotent-Replayed", "Retry-After"],
        max_age=cdk.Duration.hours(1),
    )
