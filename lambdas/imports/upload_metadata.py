"""Import options stored as S3 object metadata and signed into the upload URL. Pure."""

import json
from collections.abc import Mapping
from typing import NamedTuple, Self
from uuid import UUID

from lambdas.jobs.import_options import ImportOptions

ID_KEY = "alto-import-id"
OPTIONS_KEY = "alto-import-options"


class UploadMetadata(NamedTuple):
    """The id of the upload's job, if any, and how its records are read."""

    import_id: str | None
    options: ImportOptions

    @classmethod
    def read(cls, metadata: Mapping[str, str]) -> Self:
        """From an object's metadata. Raises pydantic's `ValidationError` when the options are wrong."""
        options = metadata.get(OPTIONS_KEY)
        return cls(
            _uuid(metadata.get(ID_KEY)),
            ImportOptions() if options is None else ImportOptions.model_validate_json(options),
        )

    def metadata(self) -> dict[str, str]:
        """As an object's metadata: ASCII, which is all that S3 keeps as it is."""
        written = json.dumps(self.options.model_dump(mode="json", exclude_defaults=True))
        return ({} if self.import_id is None else {ID_KEY: self.import_id}) | {OPTIONS_KEY: written}


def _uuid(text: str | None) -> str | None:
    try:
        return None if text is None else str(UUID(text))
    except ValueError:
        return None
