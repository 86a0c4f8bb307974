"""Every example of the API's description is sent, in its order, and works."""

from lambdas.api_examples import EXAMPLES
from lambdas.openapi import document
from tests.api import Api


def test_the_examples_work_one_after_the_other(api: Api) -> None:
    paths = {
        operation["operationId"]: (
            method.upper(),
            path,
            {each["name"]: each for each in operation.get("parameters", [])},
        )
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    }

    for name, example in EXAMPLES.items():
        method, template, described = paths[name]
        path = template.format(**example.parameters)
        query = {
            key: str(value).lower() if isinstance(value, bool) else str(value)
            for key, value in example.parameters.items()
            if described[key]["in"] == "query"
        }

        response = api(method, path, example.body, query=query)

        # There is no import to be found in an empty account; what these do is what imports are tested for. An upload is
        # known to S3 alone.
        # A rebuild that was given up leaves nothing to finish.
        if name in ("complete_upload", "finish_rebuild"):
            assert (response.status, response.error["code"]) == (409, "conflict"), name
        elif name == "embed_texts":
            # The vectors of these books are the caller's own.
            assert "has no model" in response.error["details"][0]["message"]
        elif "import_id" in example.parameters and "upload_id" not in (example.body or {}):
            assert (response.status, response.error["code"]) == (404, "import_not_found"), name
        else:
            assert response.status < 300, (name, response.body)
