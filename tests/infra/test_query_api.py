"""The HTTP API."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.constructs import query_api
from tests.infra.synthesis import Synthesis

ROUTES = {"$default": "query"} | {f"{each.method} {each.path}": each.function for each in query_api.ROUTES}


PREFLIGHTS = {
    "OPTIONS /{proxy+}",
    "OPTIONS /v1/collections",
    "OPTIONS /v1/collections/{proxy+}",
    "OPTIONS /v1/aliases",
    "OPTIONS /v1/aliases/{proxy+}",
    "OPTIONS /v1/imports",
    "OPTIONS /v1/imports/{proxy+}",
}


def test_each_route_reaches_its_function(stage: Synthesis) -> None:
    reached = {}
    for route in stage.all("AWS::ApiGatewayV2::Route").values():
        integration = stage.template["Resources"][route["Properties"]["Target"]["Fn::Join"][1][1]["Ref"]]
        function = stage.template["Resources"][stage.function_behind(integration["Properties"]["IntegrationUri"])]
        assert integration["Properties"]["PayloadFormatVersion"] == "2.0"
        reached[route["Properties"]["RouteKey"]] = function["Properties"]["Handler"].split(".")[2]

    assert {route: name for route, name in reached.items() if route not in PREFLIGHTS} == ROUTES


@pytest.mark.parametrize(
    ("name", "kind"), [("dev", "AWS_IAM"), ("prod", "AWS_IAM"), ("vpc", "AWS_IAM"), ("jwt", "JWT")]
)
def test_every_route_but_preflights_asks_who_is_there(request: pytest.FixtureRequest, name: str, kind: str) -> None:
    stage: Synthesis = request.getfixturevalue(name)

    kinds = {
        each["Properties"]["RouteKey"]: each["Properties"]["AuthorizationType"]
        for each in stage.all("AWS::ApiGatewayV2::Route").values()
    }

    assert {route: asked for route, asked in kinds.items() if route not in PREFLIGHTS} == dict.fromkeys(ROUTES, kind)


def test_tokens_are_checked_against_the_stages_issuer_and_audience(jwt: Synthesis) -> None:
    authorizer = jwt.only("AWS::ApiGatewayV2::Authorizer")

    assert authorizer["AuthorizerType"] == "JWT"
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert authorizer["JwtConfiguration"] == {"Audience": ["alto"], "Issuer": "https://login.example.com/"}


def test_an_api_with_a_name_of_its_own_has_no_other(jwt: Synthesis, dev: Synthesis) -> None:
    name = jwt.only("AWS::ApiGatewayV2::DomainName")

    assert name["DomainName"] == "search.example.com"
    assert [each["SecurityPolicy"] for each in name["DomainNameConfigurations"]] == ["TLS_1_2"]
    assert jwt.only("AWS::ApiGatewayV2::Api")["DisableExecuteApiEndpoint"] is True
    assert jwt.only("AWS::ApiGatewayV2::ApiMapping")["Stage"]
    assert jwt.template["Outputs"]["ApiUrl"]["Value"] == "https://search.example.com"
    assert "ApiDomainTarget" in jwt.template["Outputs"]
    assert not dev.all("AWS::ApiGatewayV2::DomainName")


def test_the_api_may_invoke_its_two_functions_and_no_other(stage: Synthesis) -> None:
    permissions = stage.all("AWS::Lambda::Permission").values()

    invoked = {
        stage.function_behind(each["Properties"]["FunctionName"]).partition("Function")[0]
        for each in permissions
        if each["Properties"]["Principal"] == "apigateway.amazonaws.com"
    }
    assert invoked == {"Query", "Write"}


def test_access_is_logged_without_any_request_header(stage: Synthesis) -> None:
    """Headers may hold a caller's AWS keys."""
    settings = stage.only("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]

    logged = json.loads(settings["Format"])
    assert {"requestId", "path", "status"} <= set(logged)
    assert not [value for value in logged.values() if "header" in value.lower()]


def test_the_api_is_throttled(prod: Synthesis) -> None:
    defaults = prod.only("AWS::ApiGatewayV2::Stage")["DefaultRouteSettings"]

    assert (defaults["ThrottlingRateLimit"], defaults["ThrottlingBurstLimit"]) == (200, 400)


def test_pages_of_other_origins_are_admitted_only_where_the_stage_lists_them(dev: Synthesis, jwt: Synthesis) -> None:
    open_routes = {
        each["Properties"]["RouteKey"]
        for each in jwt.all("AWS::ApiGatewayV2::Route").values()
        if each["Properties"]["AuthorizationType"] == "NONE"
    }
    cors = jwt.only("AWS::ApiGatewayV2::Api")["CorsConfiguration"]

    assert "CorsConfiguration" not in dev.only("AWS::ApiGatewayV2::Api")
    assert (cors["AllowOrigins"], cors["AllowMethods"]) == (["https://app.example.com"], ["*"])
    assert open_routes == PREFLIGHTS


def test_outputs_name_what_people_and_programs_need(stage: Synthesis) -> None:
    assert set(stage.template["Outputs"]) - {"ApiDomainTarget"} == {
        "ApiUrl",
        "ImportBucketName",
        "JobTableName",
        "SplitQueueUrl",
        "LoadQueueUrl",
        "SplitDeadLetterQueueUrl",
        "LoadDeadLetterQueueUrl",
        "AlarmTopicArn",
        "DashboardUrl",
        "DomainUrl",
    }


# Access that a token needs for each operation of the OpenAPI document, as docs/security.md has it.
ACCESS = {
    "read": {
        "GET /v1/.well-known/live",
        "GET /v1/.well-known/ready",
        "GET /v1/collections",
        "GET /v1/collections/{name}",
        "HEAD /v1/collections/{name}",
        "GET /v1/collections/{name}/objects",
        "GET /v1/collections/{name}/objects/{object_id}",
        "HEAD /v1/collections/{name}/objects/{object_id}",
        "GET /v1/collections/{name}/imports",
        "GET /v1/collections/{name}/imports/{import_id}",
        "GET /v1/aliases",
        "GET /v1/aliases/{alias}",
        "GET /v1/imports",
        "GET /v1/imports/{import_id}",
        "GET /v1/meta",
        "POST /v1/collections/{name}/aggregate",
        "POST /v1/collections/{name}/generate",
        "POST /v1/collections/{name}/embed",
        "POST /v1/collections/{name}/objects/get",
        "POST /v1/collections/{name}/objects/list",
        "POST /v1/collections/{name}/search",
    },
    "admin": {
        "DELETE /v1/aliases/{alias}",
        "POST /v1/aliases",
        "PUT /v1/aliases/{alias}",
        "DELETE /v1/collections/{name}",
        "PATCH /v1/collections/{name}",
        "POST /v1/collections",
        "POST /v1/collections/{name}/properties",
        "POST /v1/collections/{name}/rebuild",
        "POST /v1/collections/{name}/rebuild/finish",
        "POST /v1/collections/{name}/rebuild/undo",
        "POST /v1/collections/{name}/vectors",
        "POST /v1/collections/{name}/vectors/{vector}/fill",
    },
}
SCOPES = {"jwt_read_scopes": '["r"]', "jwt_write_scopes": '["w"]', "jwt_admin_scopes": '["a"]'}
ADMITTED = {"read": ["r", "w", "a"], "write": ["w", "a"], "admin": ["a"]}


def route_of(operation: str, routes: set[str]) -> str:
    """The route that API Gateway chooses: an exact path before a greedy one, a method before ANY."""
    method, path = operation.split(" ")

    def fits(route: str) -> bool:
        if route == "$default":
            return True
        its_method, pattern = route.split(" ")
        parts = re.split(r"(\{proxy\+\}|\{\w+\})", pattern)
        regex = "".join(
            ".+" if part == "{proxy+}" else "[^/]+" if part.startswith("{") else re.escape(part) for part in parts
        )
        return its_method in (method, "ANY") and re.fullmatch(regex, path) is not None

    return max(
        filter(fits, routes),
        key=lambda route: (
            route != "$default",
            "proxy+" not in route,
            len(route.split("{")[0]),
            not route.startswith("ANY"),
            len(route),
        ),
    )


@pytest.fixture(scope="session")
def scoped(synthesize: Callable[..., Synthesis]) -> Synthesis:
    return synthesize("jwt", **SCOPES)


def test_each_operation_asks_for_the_scopes_of_its_access(scoped: Synthesis) -> None:
    asked = {
        each["Properties"]["RouteKey"]: each["Properties"].get("AuthorizationScopes")
        for each in scoped.all("AWS::ApiGatewayV2::Route").values()
        if not each["Properties"]["RouteKey"].startswith("OPTIONS")
    }
    document = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())
    operations = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    expected = {
        operation: next((access for access, some in ACCESS.items() if operation in some), "write")
        for operation in operations
    }

    assert {each: asked[route_of(each, set(asked))] for each in operations} == {
        operation: ADMITTED[access] for operation, access in expected.items()
    }


def test_without_scopes_any_valid_token_is_admitted(jwt: Synthesis) -> None:
    assert not any("AuthorizationScopes" in each["Properties"] for each in jwt.all("AWS::ApiGatewayV2::Route").values())


def test_an_unknown_path_asks_for_read_access(scoped: Synthesis) -> None:
    [default] = [
        each["Properties"]
        for each in scoped.all("AWS::ApiGatewayV2::Route").values()
        if each["Properties"]["RouteKey"] == "$default"
    ]

    assert default["AuthorizationScopes"] == ADMITTED["read"]
