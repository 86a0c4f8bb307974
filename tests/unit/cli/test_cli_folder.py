"""A folder of documents becomes one zip file."""

import zipfile
from pathlib import Path

import pytest

from alto.cli.exits import CommandError
from alto.cli.imports.folder import ENDINGS, documents_in, packed
from lambdas.documents.names import DOCUMENT_ENDINGS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.PDF", "a/c.md", "a/c.md.metadata.json", "data.json", "photo.png", ".git/x.md", "a/.DS_Store"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_documents_and_their_metadata_are_packed_and_other_files_are_named(folder: Path) -> None:
    with packed(folder) as (path, others), zipfile.ZipFile(path) as package:
        assert package.namelist() == ["a/c.md", "a/c.md.metadata.json", "b.PDF"]
        assert package.read("a/c.md") == b"a/c.md"
        assert path.name == f"{folder.name}.zip"

    assert others == ["data.json", "photo.png"]


def test_the_same_documents_are_the_same_file(folder: Path) -> None:
    with packed(folder) as (path, _):
        first = path.read_bytes()
    (folder / "b.PDF").touch()

    with packed(folder) as (path, _):
        assert path.read_bytes() == first


def test_a_folder_without_documents_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.png").touch()

    with pytest.raises(CommandError, match="has no documents"), packed(tmp_path):
        pass


def test_links_to_folders_are_not_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "secret.md").touch()
    (folder / "link").symlink_to(other)

    assert "link/secret.md" not in documents_in(folder)[0]


def test_client_and_server_know_the_same_endings() -> None:
    assert frozenset(DOCUMENT_ENDINGS) == ENDINGS
