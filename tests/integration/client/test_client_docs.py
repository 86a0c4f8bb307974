"""Every Python example of the documentation is a program that runs. Those with imports run in tests/e2e only."""

import pytest

import alto
from tests.api import Api
from tests.api_server import ApiServer
from tests.examples import examples_of, pages


def test_the_examples_run_and_find_the_holiday_film(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    with ApiServer(api) as server, alto.connect_to_local(port=server.port) as client:
        client.collections.delete("Film")
        try:
            for page in pages():
                for source in examples_of(page):
                    if "client.imports" in source:
                        continue
                    capsys.readouterr()
                    assert "port=8700" in source
                    exec(compile(source.replace("port=8700", f"port={server.port}"), page, "exec"), {})
                    assert "A Christmas Carol" in capsys.readouterr().out, page
        finally:
            client.collections.delete("Film")
