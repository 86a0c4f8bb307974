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

        answer = api(method, path, example.body, query=query)

        # There is no import to be found in an empty account; the operation itself is what imports are tested for.
        assert answer.status < 300 or name == "get_import", (name, answer.body)
