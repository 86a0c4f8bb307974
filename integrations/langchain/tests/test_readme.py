"""The example of the README, as it stands there, at the Alto of ALTO_URL."""

import os
import re
from pathlib import Path

import pytest

import alto

URL = os.environ.get("ALTO_URL", "http://127.0.0.1:8700")
README = Path(__file__).parents[1] / "README.md"


def test_the_example_of_the_readme_works(capsys: pytest.CaptureFixture[str]) -> None:
    [example] = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    with alto.connect_to_custom(URL) as client:
        client.collections.delete("Plays")
        exec(example.replace("alto.connect_to_local(port=8700)", f'alto.connect_to_custom("{URL}")'), {})
        client.collections.delete("Plays")

    said = capsys.readouterr().out.splitlines()
    assert [said[0].split()[0], said[1]] == ["carol", "emma"]
