"""The Python examples of the site's reference run one after the other; those in TypeScript in test_typescript.py."""

import alto
from lambdas.api_examples import EXAMPLES, NAME
from local.site.python_examples import PYTHON
from tests.api import Api
from tests.api_server import ApiServer

# What test_openapi_examples.py says of the same requests: there is no import to be found, no upload, no model.
NOT_FOUND = {"find_import", "get_import", "cancel_import", "resume_import", "retry_import"}
CONFLICTS = {"complete_upload", "finish_rebuild"}
REFUSED = {"embed_texts"}


def expected_error(name: str) -> str:
    if name in NOT_FOUND:
        return "AltoNotFoundError"
    if name in CONFLICTS:
        return "AltoConflictError"
    return "AltoInvalidRequestError" if name in REFUSED else ""


def test_each_operation_has_an_example_in_python() -> None:
    assert PYTHON.keys() == EXAMPLES.keys()


def test_the_python_examples_work_one_after_the_other(api: Api) -> None:
    api("DELETE", f"/v1/collections/{NAME}")  # that of other examples
    with ApiServer(api) as server, alto.connect_to_local(port=server.port) as client:
        for name in EXAMPLES:
            raised = ""
            try:
                exec(compile(PYTHON[name], name, "exec"), {"client": client})
            except alto.AltoError as error:
                raised = type(error).__name__
            assert raised == expected_error(name), name
