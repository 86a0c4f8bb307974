"""The tutorial and the README are programs that run."""

import re
from pathlib import Path

import pytest

import alto
from tests.api import Api
from tests.api_server import ApiServer

ROOT = Path(__file__).parents[2]


def program(file: str) -> str:
    """The first Python example of a page."""
    found = re.search(r"```python\n(.*?)```", (ROOT / file).read_text(), re.DOTALL)
    assert found
    return found[1]


def test_the_tutorial_and_the_readme_print_the_holiday_film(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    with ApiServer(api) as server:
        with alto.connect_to_local(port=server.port) as client:
            client.collections.delete("Film")
        try:
            for file in ("docs/client.md", "README.md"):
                capsys.readouterr()
                source = program(file)
                assert "port=8700" in source
                exec(source.replace("port=8700", f"port={server.port}"), {})
                printed = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("{")]
                assert printed[0].startswith("A Christmas Carol ")
        finally:
            with alto.connect_to_local(port=server.port) as client:
                client.collections.delete("Film")
