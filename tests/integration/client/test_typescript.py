"""The TypeScript client: its types, its tests, and the examples of the page that it follows, over a real OpenSearch."""

import os
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from lambdas.api_examples import EXAMPLES
from local.site.typescript_examples import TYPESCRIPT
from tests.api import Api
from tests.api_server import ApiServer

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "clients/typescript"
# Node of the environment, as for the CDK.
PATH = f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command,
        check=False,
        cwd=CLIENT,
        env=os.environ | {"PATH": PATH, "NO_COLOR": "1"} | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    """Packages as locked, once, and types of the API as it is documented now."""
    mark = CLIENT / "node_modules/ready"
    wanted = sha256((CLIENT / "package-lock.json").read_bytes()).hexdigest()
    if not mark.is_file() or mark.read_text() != wanted:
        shutil.rmtree(CLIENT / "node_modules", ignore_errors=True)
        run("npm", "ci", "--silent", "--no-audit", "--no-fund")
        mark.write_text(wanted)
    run("npm", "run", "generate", "--silent")


def test_the_types_of_the_client_its_tests_and_its_example_are_right() -> None:
    run("npx", "tsc", "--noEmit")


def test_the_package_is_built(tmp_path: Path) -> None:
    run("npx", "tsc", "--project", "tsconfig.build.json", "--outDir", str(tmp_path))

    assert {"index.js", "index.d.ts"} <= {file.name for file in tmp_path.iterdir()}


def test_the_client_and_the_examples_of_the_page_work(api: Api) -> None:
    keys = {"AWS_ACCESS_KEY": "AKIDEXAMPLE", "AWS_SECRET_KEY": "secret"}

    with ApiServer(api) as server:
        said = run("npx", "vitest", "run", ALTO_TEST_URL=f"http://127.0.0.1:{server.port}", **keys)

    assert "Test Files  2 passed (2)" in said


def test_the_example_of_the_readme_works(api: Api) -> None:
    with ApiServer(api) as server:
        said = run("node", "example.ts", str(server.port))

    assert said.splitlines()[0].startswith("A Christmas Carol")
    assert "ghosts" in said


def test_the_examples_of_the_sites_reference_work_one_after_the_other(api: Api, tmp_path: Path) -> None:
    """Those with a method of the client; the others are `client.call` with what test_openapi_examples.py sends."""
    names = [name for name in EXAMPLES if name in TYPESCRIPT]
    parts = [
        f"import alto, {{ Filters }} from {str(CLIENT / 'src' / 'index.ts')!r};",
        "const client = await alto.connectToLocal({ port: Number(process.argv[2]) });",
    ]
    parts += [f"{{\n{TYPESCRIPT[name]}\nconsole.log('::{name}');\n}}" for name in names]
    program = tmp_path / "examples.ts"
    program.write_text("\n".join(parts))

    with ApiServer(api) as server:
        said = run("node", str(program), str(server.port))

    assert re.findall(r"^::(\w+)$", said, re.MULTILINE) == names
    assert "Emma" in said
