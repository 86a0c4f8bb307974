"""A folder of documents as one file to upload: a zip file, the same for the same content."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from alto.cli.exits import CommandError, ExitCode

ENDINGS = frozenset({".pdf", ".docx", ".html", ".htm", ".xhtml", ".md", ".markdown", ".txt"})
METADATA = ".metadata.json"
MAX_DOCUMENTS = 20_000
# These are compressed already.
PACKED = frozenset({".pdf", ".docx"})
COPY_BYTES = 1_048_576


@contextmanager
def packed(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """A temporary zip file of the documents in a folder, and the names of the files that are left out.

    Raises `CommandError` if it has no documents, or too many.
    """
    documents, others = documents_in(folder)
    if not documents:
        known = ", ".join(sorted(ENDINGS))
        raise CommandError(f"{folder} has no documents ({known}).", ExitCode.USAGE)
    if len(documents) > MAX_DOCUMENTS:
        problem = f"{folder} has {len(documents):,} documents, and an import takes {MAX_DOCUMENTS:,}"
        raise CommandError(f"{problem}: import its folders one by one.", ExitCode.USAGE)
    with TemporaryDirectory() as temporary:
        target = Path(temporary) / f"{folder.resolve().name or 'documents'}.zip"
        with zipfile.ZipFile(target, "w") as package:
            for name in documents:
                _add(package, folder, name)
        yield target, others


def documents_in(folder: Path) -> tuple[list[str], list[str]]:
    """The documents of a folder with their metadata, and the other files, by their names in it. Hidden files are none.

    Links to folders are not followed: they may lead out of the folder, or back into it.
    """
    documents: list[str] = []
    others: list[str] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if any(part.startswith(".") for part in name.parts) or not path.is_file():
            continue
        (documents if is_document(path.name) else others).append(name.as_posix())
    return documents, others


def is_document(name: str) -> bool:
    """Whether a file is a document, or the metadata of one."""
    lower = name.lower()
    return Path(lower.removesuffix(METADATA)).suffix in ENDINGS


def _add(package: zipfile.ZipFile, folder: Path, name: str) -> None:
    # Without the time of the file, so that the same documents are the same content.
    item = zipfile.ZipInfo(name)
    item.compress_type = zipfile.ZIP_STORED if Path(name.lower()).suffix in PACKED else zipfile.ZIP_DEFLATED
    with (folder / name).open("rb") as source, package.open(item, "w", force_zip64=True) as copy:
        while block := source.read(COPY_BYTES):
            copy.write(block)
