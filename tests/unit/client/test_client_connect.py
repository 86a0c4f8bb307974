"""The functions that connect, and the command's entry point, without a server."""

import builtins
import runpy
import sys
from typing import Any

import pytest

import alto
from alto import AltoConnectionError

SETTINGS: dict[str, Any] = {"skip_init_checks": True}


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "unused")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "unused")


@pytest.mark.parametrize(
    ("name", "arguments", "url"),
    [
        ("local", (), "http://localhost:8700"),
        ("local", ("127.0.0.1", 8701), "http://127.0.0.1:8701"),
        (
            "aws",
            ("https://abc.execute-api.eu-west-1.amazonaws.com",),
            "https://abc.execute-api.eu-west-1.amazonaws.com",
        ),
        ("custom", ("https://search.example.com/",), "https://search.example.com"),
    ],
)
def test_both_clients_are_made_for_an_address(name: str, arguments: tuple[Any, ...], url: str) -> None:
    with getattr(alto, f"connect_to_{name}")(*arguments, **SETTINGS) as client:
        assert client.is_connected()
        assert repr(client) == f"AltoClient({url!r})"
    asynchronous = getattr(alto, f"use_async_with_{name}")(*arguments, **SETTINGS)

    assert repr(asynchronous) == f"AltoAsyncClient({url!r})"
    assert not client.is_connected()


def test_a_client_that_cannot_connect_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[alto.AltoClient] = []

    def fail(client: alto.AltoClient) -> None:
        made.append(client)
        raise AltoConnectionError("no Alto runs there")

    monkeypatch.setattr(alto.AltoClient, "connect", fail)

    with pytest.raises(AltoConnectionError):
        alto.connect_to_custom("https://search.example.com")
    assert not made[0].is_connected()


def test_python_m_alto_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["alto", "--version"])

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("alto", run_name="__main__")

    assert not ended.value.code
    assert capsys.readouterr().out.startswith("alto ")


@pytest.mark.parametrize(
    ("missing", "error", "message"),
    [
        ("typer", SystemExit, r"needs typer: pip install 'alto-search\[cli\]'"),
        ("alto.other", ModuleNotFoundError, "alto.other"),
    ],
)
def test_the_command_names_the_extra_that_it_needs(
    missing: str, error: type[BaseException], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_module = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "alto.cli.main":
            raise ModuleNotFoundError(missing, name=missing)
        return import_module(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(error, match=message):
        runpy.run_module("alto", run_name="__main__")
