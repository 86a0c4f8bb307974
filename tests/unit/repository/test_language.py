"""Plain technical English: listed words stay out of comments, docstrings, texts and names."""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]

# Files and folders that are checked. docs/decisions are history.
CLEAN = ["lambdas", "alto", "infra", "local", "conformance", "benchmarks", "docs"]
CLEAN += ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
# The operations of docs/openapi.json that are checked, by tag. In the end all, and the schemas too.
CLEAN_TAGS = {"Aliases", "Collections", "Imports", "Objects", "Search", "Service"}
CLEAN_SCHEMAS = {"ErrorBody", "ErrorEnvelope", "Live", "Meta", "Module", "Ready"}

FORBIDDEN = re.compile(
    r"\b(mend(s|ed|ing)?|reckon\w*|anew|whoever|whatever|nobody|somebody|dearer|doubtful|has_doubts|let_\w+)\b"
    r"|\bbeside\b|\bthere is none\b|\btells? of\b|\bwhat came\b|\blook(s|ed)? after\b"
    r"|(?<!there )\bis no (?!longer)[a-z]"
    r"|\bcannot be had\b|\bas it stands\b|\bby itself\b",
    re.IGNORECASE,
)
# "response" in a program about HTTP. Codes of errors are stable, and so are fields of the API.
ANSWER = re.compile(r"(?<![a-z])answer", re.IGNORECASE)
STABLE = re.compile(r"answer_too_large|model_answer_unusable|ModelAnswerError")


def problems(text: str) -> list[str]:
    """The forbidden words of a text."""
    found = [match[0] for match in FORBIDDEN.finditer(text)]
    return found + [match[0] for match in ANSWER.finditer(STABLE.sub("", text))]


def python_problems(source: str) -> Iterator[str]:
    """The problems of a Python file: comments, names and strings by line, and how docstrings begin."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.NAME, tokenize.STRING, tokenize.FSTRING_MIDDLE):
            line = token.line if token.type == tokenize.NAME else token.string
            if problems(token.string) and problems(line):
                yield f"{token.start[0]}: {problems(token.string)}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node) or ""
            if docstring.startswith("What "):
                yield f"{getattr(node, 'lineno', 1)}: a docstring that begins with 'What '"


def checked_files() -> list[Path]:
    listed = [ROOT / name for name in CLEAN]
    files = [file for path in listed for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return [
        file
        for file in files
        if file.suffix in {".py", ".md"} and "decisions" not in file.parts and "__pycache__" not in file.parts
        # This one measures generated answers to questions.
        if file.name != "answers.py"
    ]


@pytest.mark.parametrize("path", checked_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_none_of_the_listed_words(path: Path) -> None:
    text = path.read_text()

    if path.suffix == ".md":
        found = [f"{number}: {problems(line)}" for number, line in enumerate(text.splitlines(), 1) if problems(line)]
    else:
        found = list(python_problems(text))

    assert not found


def texts(part: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every summary, description and title below a part of the OpenAPI document."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name in ("summary", "description") and isinstance(value, str):
                yield f"{path}/{name}", value
            yield from texts(value, f"{path}/{name}")
    elif isinstance(part, list):
        for each in part:
            yield from texts(each, path)


def test_the_openapi_document_has_none_of_the_listed_words() -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    operations = [each for path in document["paths"].values() for each in path.values()]
    checked = [each for each in operations if set(each["tags"]) <= CLEAN_TAGS]
    checked += [schema for name, schema in document["components"]["schemas"].items() if name in CLEAN_SCHEMAS]

    found = [(where, problems(text)) for where, text in texts([document["info"], *checked]) if problems(text)]

    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "# Somebody else has it.",
        '"""What came back."""',
        '"""What a function does."""',
        "has_doubts = True",
        "answer = send()",
        "def let_read(): ...",
        'raise ValueError(f"{name} is no number")',
    ],
)
def test_a_listed_word_is_found_in_python(source: str) -> None:
    assert list(python_problems(source))


@pytest.mark.parametrize("source", ["# The unanswered code is a number.", 'code = "answer_too_large"', "besides = 1"])
def test_other_words_pass(source: str) -> None:
    assert not list(python_problems(source))
