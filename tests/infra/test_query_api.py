"""The HTTP API."""

import json
from collections.abc import Callable

import pytest

from tests.infra.synthesis import Synthesis, as_text

ROUTES = {
    "$default": "query",
    "GET /v1/meta": "query",
    "GET /v1/.well-known/live": "query",
    "GET /v1/.well-known/ready": "query",
    "GET /v1/openapi.json": "query",
    "POST /v1/collections/{name}/search": "query",
    "POST /v1/collections/{name}/aggregate": "query",
    "ANY /v1/collections": "write",
    "ANY /v1/collections/{proxy+}": "write",
    "ANY /v1/imports": "write",
    "ANY /v1/imports/{proxy+}": "write",
}


def test_each_route_reaches_its_function(stage: Synthesis) -> None:
    reached = {}
    for route in stage.all("AWS::ApiGatewayV2::Route").values():
        integration = stage.template["Resources"][route["Properties"]["Target"]["Fn::Join"][1][1]["Ref"]]
        function = stage.template["Resources"][integration["Properties"]["IntegrationUri"]["Fn::GetAtt"][0]]
        assert integration["Properties"]["PayloadFormatVersion"] == "2.0"
        reached[route["Properties"]["RouteKey"]] = function["Properties"]["Handler"].split(".")[2]

    assert reached == ROUTES


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_every_route_asks_for_a_signature(request: pytest.FixtureRequest, name: str) -> None:
    stage: Synthesis = request.getfixturevalue(name)

    kinds = {each["Properties"]["AuthorizationType"] for each in stage.all("AWS::ApiGatewayV2::Route").values()}

    assert kinds == {"AWS_IAM"}


def test_the_api_may_invoke_its_two_functions_and_no_other(stage: Synthesis) -> None:
    permissions = stage.all("AWS::Lambda::Permission").values()

    invoked = {as_text(each["Properties"]["FunctionName"]).partition("Function")[0] for each in permissions}
    assert invoked == {"<Query", "<Write"}


def test_access_is_logged_without_any_request_header(stage: Synthesis) -> None:
    """Headers may hold a caller's AWS keys."""
    settings = stage.only("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]

    logged = json.loads(settings["Format"])
    assert {"requestId", "path", "status"} <= set(logged)
    assert not [value for value in logged.values() if "header" in value.lower()]


def test_the_api_is_throttled(prod: Synthesis) -> None:
    defaults = prod.only("AWS::ApiGatewayV2::Stage")["DefaultRouteSettings"]

    assert (defaults["ThrottlingRateLimit"], defaults["ThrottlingBurstLimit"]) == (500, 1000)


def test_pages_of_other_origins_are_admitted_only_where_the_stage_lists_them(
    stage: Synthesis, synthesize: Callable[..., Synthesis]
) -> None:
    origin = "https://search.example.com"
    admitting = synthesize("dev", cors_origins=json.dumps([origin]))

    assert "CorsConfiguration" not in stage.only("AWS::ApiGatewayV2::Api")
    cors = admitting.only("AWS::ApiGatewayV2::Api")["CorsConfiguration"]
    assert (cors["AllowOrigins"], cors["AllowMethods"]) == ([origin], ["*"])
    open_routes = {
        each["Properties"]["RouteKey"]
        for each in admitting.all("AWS::ApiGatewayV2::Route").values()
        if each["Properties"]["AuthorizationType"] == "NONE"
    }
    assert open_routes == {
        "OPTIONS /{proxy+}",
        "OPTIONS /v1/collections",
        "OPTIONS /v1/collections/{proxy+}",
        "OPTIONS /v1/imports",
        "OPTIONS /v1/imports/{proxy+}",
    }


def test_outputs_name_what_people_and_programs_need(stage: Synthesis) -> None:
    assert set(stage.template["Outputs"]) == {
        "ApiUrl",
        "ImportBucketName",
        "JobTableName",
        "SplitQueueUrl",
        "LoadQueueUrl",
        "SplitDeadLetterQueueUrl",
        "LoadDeadLetterQueueUrl",
    }
