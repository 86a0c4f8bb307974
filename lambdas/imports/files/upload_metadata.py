"""Import options stored as S3 object metadata and signed into the upload URL. Pure."""

import json
from collections.abc import Mapping
from typing import NamedTuple, Self
from uuid import UUID

from lambdas.errors import InvalidRequestError
from lambdas.imports.files.s3_notifications import UPLOAD_FOLDER
from lambdas.jobs.import_options import ImportOptions

ID_KEY = "alto-import-id"
ALIAS_KEY = "alto-collection"
OPTIONS_KEY = "alto-import-options"
# <Collection>/uploads/<id>/<file name>
PARTS_OF_KEY = 4
# S3 refuses objects with more metadata than this: the names and values together.
MAX_METADATA_BYTES = 2048


class UploadMetadata(NamedTuple):
    """The id of the upload's job, the alias of its collection, if any, and how its records are read."""

    import_id: str | None
    options: ImportOptions
    alias: str | None = None

    @classmethod
    def read(cls, metadata: Mapping[str, str]) -> Self:
        """Return the metadata of an object. Raises pydantic's `ValidationError` when the options are wrong."""
        options = metadata.get(OPTIONS_KEY)
        return cls(
            _uuid(metadata.get(ID_KEY)),
            ImportOptions() if options is None else ImportOptions.model_validate_json(options),
            metadata.get(ALIAS_KEY),
        )

    def metadata(self) -> dict[str, str]:
        """Return the S3 metadata. ASCII, which is all that S3 stores unchanged.

        Raises `InvalidRequestError` when it is more than S3 takes.
        """
        written = json.dumps(self.options.model_dump(mode="json", exclude_defaults=True), separators=(",", ":"))
        given = {ID_KEY: self.import_id, ALIAS_KEY: self.alias, OPTIONS_KEY: written}
        metadata = {name: value for name, value in given.items() if value is not None}
        room = MAX_METADATA_BYTES - sum(len(name) + len(value) for name, value in metadata.items()) + len(written)
        if len(written) > room:
            raise InvalidRequestError.at(
                "options",
                f"for an uploaded file they may have at most {room:,} bytes as JSON, because S3 keeps them with the "
                f"file, and have {len(written):,}. Upload the file to a bucket yourself and import it as 'source', "
                "which has no such limit",
            )
        return metadata

    def trusted_at(self, key: str) -> Self:
        """Return the metadata as far as it can be trusted for an object at this key.

        S3 copies metadata with an object. Only at the place for which it was signed are id and alias its own.
        """
        folders = key.split("/")
        is_own_place = len(folders) == PARTS_OF_KEY and folders[1] == UPLOAD_FOLDER and folders[2] == self.import_id
        return self if is_own_place else self._replace(import_id=None, alias=None)


def _uuid(text: str | None) -> str | None:
    try:
        return None if text is None else str(UUID(text))
    except ValueError:
        return None
