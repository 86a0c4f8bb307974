"""Files on their way to S3: in one piece or in parts. Nothing here sends anything."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from alto.classes.imports import ImportOptions
from alto.errors import AltoConfigurationError
from alto.requests import Operation, Phase, Request, Response, segment

BLOCK_BYTES = 1_048_576
# S3 announces only objects that end so, in lower case.
ENDINGS = (".jsonl", ".jsonl.gz", ".csv", ".csv.gz", ".parquet")
# URLs that the API signs at once.
MOST_URLS = 100


@dataclass(frozen=True, slots=True)
class FileToUpload:
    """A file of this machine, as it was when the upload began."""

    path: Path
    name: str
    size: int

    @classmethod
    def at(cls, path: str | Path, name: str | None, options: ImportOptions | None) -> "FileToUpload":
        """Raises `AltoConfigurationError` if the file does not exist."""
        found = Path(path)
        if not found.is_file():
            raise AltoConfigurationError(f"path: the file '{found}' does not exist")
        return cls(found, _announced(name or found.name, options or ImportOptions()), found.stat().st_size)

    def part(self, start: int, size: int) -> "FilePart":
        """So many bytes from there on, or up to the end."""
        return FilePart(self.path, start, min(size, self.size - start))


@dataclass(frozen=True, slots=True)
class FilePart:
    """A range of a file, which is read block by block as often as it is sent."""

    path: Path
    start: int
    size: int

    def digest(self) -> str:
        """Its MD5 as the header Content-MD5 has it: S3 refuses what was changed on its way."""
        found = hashlib.md5(usedforsecurity=False)
        for block in self.blocks():
            found.update(block)
        return base64.b64encode(found.digest()).decode()

    def blocks(self) -> Iterator[bytes]:
        """Raises `AltoConfigurationError` when the file has become shorter."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            left = self.size
            while left:
                block = file.read(min(BLOCK_BYTES, left))
                if not block:
                    raise AltoConfigurationError(f"path: '{self.path}' became shorter while it was sent")
                left -= len(block)
                yield block


@dataclass(frozen=True, slots=True)
class Upload:
    """Where a file goes. Either `url` is for the whole of it, or there are parts."""

    id: UUID
    collection: str
    file_name: str
    # Signed: they give write access to the file for an hour.
    url: str | None = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    upload_id: str = field(default="", repr=False)
    part_bytes: int = 0
    count: int = 0
    urls: dict[int, str] = field(default_factory=dict, repr=False)

    def sign(self, numbers: Sequence[int]) -> Operation[dict[int, str]]:
        """URLs of parts, by number: of those that had none, or whose URLs have expired."""
        body = self._body | {"numbers": list(numbers)}
        request = Request("POST", f"{self._path}/parts", body, phase=Phase.INSERT, repeatable=True)
        return Operation(request, lambda response: _urls(response.body["urls"]))

    def complete(self, etags: Sequence[str]) -> Operation[None]:
        """Make one object of the parts, which starts the import."""
        body = self._body | {"etags": list(etags)}
        request = Request("POST", f"{self._path}/complete", body, phase=Phase.INSERT, repeatable=True)
        return Operation(request, lambda _: None)

    def abort(self) -> Operation[None]:
        """Give the upload up."""
        request = Request("POST", f"{self._path}/abort", self._body, phase=Phase.INSERT, repeatable=True)
        return Operation(request, lambda _: None)

    @property
    def _path(self) -> str:
        return f"/v1/collections/{segment(self.collection)}/imports/{segment(self.id)}/upload"

    @property
    def _body(self) -> dict[str, Any]:
        return {"file_name": self.file_name, "upload_id": self.upload_id}


def read_upload(response: Response, collection: str, file_name: str) -> Upload:
    """The response to a request for an upload."""
    import_id, upload = UUID(response.body["id"]), response.body["upload"]
    parts = upload.get("parts")
    if not parts:
        return Upload(import_id, collection, file_name, upload["url"], upload["headers"])
    return Upload(
        import_id,
        collection,
        file_name,
        None,
        upload["headers"],
        upload_id=parts["upload_id"],
        part_bytes=parts["part_bytes"],
        count=parts["count"],
        urls=_urls(parts["urls"]),
    )


def _urls(found: list[dict[str, Any]]) -> dict[int, str]:
    return {each["number"]: each["url"] for each in found}


def _announced(name: str, options: ImportOptions) -> str:
    """The name under which a file is uploaded: it tells the format even where only an option or capitals do."""
    if name.endswith(ENDINGS):
        return name
    told = [ending for ending in ENDINGS if name.lower().endswith(ending)]
    if told:
        return name + max(told, key=len)
    if options.format is None:
        return name
    compressed = name.lower().endswith(".gz") if options.gzip is None else options.gzip
    return f"{name}.{options.format}{'.gz' if compressed else ''}"
