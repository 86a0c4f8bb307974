"""How the records of a file are to be read: format, CSV dialect, names. Pure."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from lambdas.models import StrictModel

Format = Literal["jsonl", "csv", "parquet"]
Embedding = Literal["on_demand", "batch"]

# What a key's ending says: the format, and whether it is compressed.
ENDINGS: dict[str, tuple[Format, bool]] = {
    ".jsonl": ("jsonl", False),
    ".jsonl.gz": ("jsonl", True),
    ".csv": ("csv", False),
    ".csv.gz": ("csv", True),
    ".parquet": ("parquet", False),
}
MAX_MAPPED_FIELDS = 500


class CsvOptions(StrictModel):
    """The dialect of a CSV file. Cells in double quotes may hold delimiters, line ends and doubled quotes."""

    delimiter: Annotated[str, StringConstraints(pattern=r"^[\t\x20\x21\x23-\x7e]$")] = Field(
        default=",", description="One ASCII character, not the double quote."
    )
    columns: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="The names of the columns. Without them the first record names them."
    )


class ImportOptions(StrictModel):
    """How the records of a file are read."""

    format: Format | None = Field(default=None, description="By default the key's ending says it.")
    gzip: bool | None = Field(default=None, description="By default the key's ending says it.")
    csv: CsvOptions = CsvOptions()
    mapping: dict[str, str | None] = Field(
        default_factory=dict,
        max_length=MAX_MAPPED_FIELDS,
        description="From a field of the records to the property that it becomes (or `id`, `vector`), or to null, "
        "to leave it out. Fields that are not named keep their names.",
    )
    embedding: Embedding = Field(
        default="on_demand",
        description="`batch`: by Bedrock's batch inference, for half the price and within hours. For models that have "
        "it. What cannot be part of a batch job (fewer than 100 records) is embedded on demand.",
    )
    ids: Literal["uuid", "any"] = Field(
        default="uuid",
        description="`any` takes ids that are no UUIDs and derives the object's id from collection and id, so that the "
        "same id is the same object in every import.",
    )

    def resolved(self, key: str) -> "ImportOptions | None":
        """The same with format and compression written out; None when nothing tells the format."""
        ending = ending_of(key)
        told, compressed = (None, False) if ending is None else ENDINGS[ending]
        if self.format is None and told is None:
            return None
        gzip = (compressed or key.lower().endswith(".gz")) if self.gzip is None else self.gzip
        return self.model_copy(update={"format": self.format or told, "gzip": gzip})

    @property
    def needs_reading(self) -> bool:
        """Whether the ends of chunks are only known when the file is read: in CSV a line may be part of a cell."""
        return bool(self.gzip) or self.format == "csv"


def ending_of(key: str) -> str | None:
    """The ending that tells the format, if there is one. The longest wins."""
    lower = key.lower()
    found = [ending for ending in ENDINGS if lower.endswith(ending)]
    return max(found, key=len, default=None)
