"""The HTTP API in front of the query and write functions."""

import json
from typing import NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.functions import AltoFunction
from infra.log_group import log_group
from infra.settings import Settings


class Route(NamedTuple):
    """Which function answers a method and path."""

    method: str
    path: str
    function: str


# The most specific route wins. Everything else goes to the query function, which answers with Alto's own 404.
ROUTES = (
    Route("GET", "/v1/meta", "query"),
    Route("GET", "/v1/.well-known/live", "query"),
    Route("GET", "/v1/.well-known/ready", "query"),
    Route("GET", "/v1/openapi.json", "query"),
    Route("POST", "/v1/collections/{name}/search", "query"),
    Route("POST", "/v1/collections/{name}/aggregate", "query"),
    Route("ANY", "/v1/collections", "write"),
    Route("ANY", "/v1/collections/{proxy+}", "write"),
    Route("ANY", "/v1/imports", "write"),
    Route("ANY", "/v1/imports/{proxy+}", "write"),
)
FALLBACK = "query"
PREFLIGHT_PATHS = ("/{proxy+}", *(route.path for route in ROUTES if route.method == "ANY"))

# No request headers: they may hold a caller's AWS keys.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "ip": "$context.identity.sourceIp",
    "caller": "$context.identity.userArn",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "functionMilliseconds": "$context.integrationLatency",
    "error": "$context.integrationErrorMessage",
}


class QueryApi(Construct):
    """Alto's HTTP API. `url` has no slash at its end."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, query: AltoFunction, write: AltoFunction
    ) -> None:
        super().__init__(scope, construct_id)
        integrations = {
            # One permission for the whole API instead of one for each route.
            name: HttpLambdaIntegration(name, function.function, scope_permission_to_route=False)
            for name, function in {"query": query, "write": write}.items()
        }
        api = apigatewayv2.HttpApi(
            self,
            "HttpApi",
            api_name=f"alto-{settings.stage}",
            create_default_stage=False,
            default_integration=integrations[FALLBACK],
            cors_preflight=_cors(settings),
            default_authorizer=HttpIamAuthorizer(),
        )
        for route in ROUTES:
            api.add_routes(
                path=route.path,
                methods=[apigatewayv2.HttpMethod[route.method]],
                integration=integrations[route.function],
            )
        if settings.cors_origins:
            self._admit_preflights(api, integrations[FALLBACK])
        apigatewayv2.CfnStage(
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
                destination_arn=log_group(self, "AccessLogs", settings=settings).log_group_arn,
                format=json.dumps(ACCESS_LOG),
            ),
        )
        self.url = api.api_endpoint

    def _admit_preflights(self, api: apigatewayv2.HttpApi, integration: HttpLambdaIntegration) -> None:
        """Browsers send preflights without a signature, and routes for any method would ask them for one."""
        for path in PREFLIGHT_PATHS:
            api.add_routes(
                path=path,
                methods=[apigatewayv2.HttpMethod.OPTIONS],
                integration=integration,
                authorizer=apigatewayv2.HttpNoneAuthorizer(),
            )


def _cors(settings: Settings) -> apigatewayv2.CorsPreflightOptions | None:
    """What web pages of the listed origins may do: everything, with their own signature."""
    if not settings.cors_origins:
        return None
    return apigatewayv2.CorsPreflightOptions(
        allow_origins=list(settings.cors_origins),
        allow_methods=[apigatewayv2.CorsHttpMethod.ANY],
        allow_headers=["*"],
        expose_headers=["Allow", "Idempotent-Replayed", "Retry-After"],
        max_age=cdk.Duration.hours(1),
    )
