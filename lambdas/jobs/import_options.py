"""How the records of a file are read: format, CSV dialect, names. Pure."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from lambdas.documents.names import DOCUMENT_ENDINGS
from lambdas.models import StrictModel

Format = Literal["jsonl", "json", "csv", "parquet", "pdf", "docx", "html", "markdown", "text", "zip"]
# The formats whose records are documents, which become passages.
DOCUMENTS: tuple[Format, ...] = ("pdf", "docx", "html", "markdown", "text", "zip")
Embedding = Literal["on_demand", "batch"]
Encoding = Literal["utf-8", "utf-16", "latin-1", "windows-1252"]

# What a key's ending says: the format, and whether it is compressed.
ENDINGS: dict[str, tuple[Format, bool]] = {
    ".jsonl": ("jsonl", False),
    ".jsonl.gz": ("jsonl", True),
    ".ndjson": ("jsonl", False),
    ".ndjson.gz": ("jsonl", True),
    ".json": ("json", False),
    ".json.gz": ("json", True),
    ".csv": ("csv", False),
    ".csv.gz": ("csv", True),
    ".tsv": ("csv", False),
    ".tsv.gz": ("csv", True),
    ".parquet": ("parquet", False),
    **{ending: (kind, False) for ending, kind in DOCUMENT_ENDINGS.items()},
    ".zip": ("zip", False),
}
TAB_ENDINGS = (".tsv", ".tsv.gz")
MAX_MAPPED_FIELDS = 500
MAX_COLUMNS = 2_000
MAX_COLUMN_NAME = 200
# Options and columns are kept with the job, whose item in DynamoDB has at most 400 kB.
MAX_OPTIONS_BYTES = 100_000

OneCharacter = Annotated[str, StringConstraints(pattern=r"^[\t\x20-\x7e]$")]
Name = Annotated[str, StringConstraints(max_length=MAX_COLUMN_NAME)]


class CsvOptions(StrictModel):
    """The dialect of a CSV file. Cells in quotes may hold delimiters, line ends and doubled quotes."""

    delimiter: OneCharacter | None = Field(
        default=None,
        description="One ASCII character. By default the header shows it: comma, semicolon, tab or `|`; the job's "
        "`options` say which.",
    )
    quote: OneCharacter = Field(default='"', description="The character around cells that need it.")
    quoting: Literal["minimal", "none"] = Field(
        default="minimal", description="`none`: a quote is a character like any other, as in many TSV files."
    )
    escape: OneCharacter | None = Field(
        default=None,
        description="Makes a delimiter, quote, line end or itself behind it literal: a backslash in files of Spark "
        "and MySQL, in which a cell of `\\N` alone is a missing value. Before another character both are kept.",
    )
    encoding: Encoding = "utf-8"
    skip_lines: int = Field(default=0, ge=0, le=1000, description="Lines before the header, or before the records.")
    columns: tuple[Name, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_COLUMNS,
        description="The names of the columns. Without them the first record names them.",
    )

    @model_validator(mode="after")
    def _check_characters(self) -> Self:
        used = [character for character in (self.delimiter, self.quote, self.escape) if character is not None]
        if self.quoting == "none":
            used.remove(self.quote)
        if len(set(used)) < len(used):
            raise ValueError("delimiter, quote and escape must be different characters")
        names = self.columns or ()
        if len(set(names)) < len(names) or not all(names):
            raise ValueError("each of columns must have a name that no other has")
        return self


class ImportOptions(StrictModel):
    """How the records of a file are read."""

    format: Format | None = Field(
        default=None,
        description="`jsonl`: one JSON object a line. `json`: one array of objects. `csv`, also with tabs. `pdf`, "
        "`docx`, `html`, `markdown` and `text` are documents, and `zip` is a file of documents: they become passages, "
        "if the collection has `documents` settings. By default the key's ending says it.",
    )
    gzip: bool | None = Field(default=None, description="By default the key's ending says it.")
    csv: CsvOptions = CsvOptions()
    mapping: dict[Name, Name | None] = Field(
        default_factory=dict,
        max_length=MAX_MAPPED_FIELDS,
        description="From a field of the records to the property that it becomes (or `id`, `_key`, `vector`), or to "
        "null, to leave it out. `#1` is the first column of a CSV file. Fields that are not named keep their names.",
    )
    embedding: Embedding = Field(
        default="on_demand",
        description="`batch`: by Bedrock's batch inference, for half the price and within hours. For models that have "
        "it. What cannot be part of a batch job (fewer than 100 records) is embedded on demand.",
    )
    ids: Literal["uuid", "any"] = Field(
        default="uuid",
        description="`any` takes ids that are not UUIDs as keys: the object's id follows from collection and key, so "
        "that the same key is the same object in every import.",
    )

    metadata: dict[Name, Any] = Field(
        default_factory=dict,
        max_length=100,
        description="For documents: properties that each passage gets, before those of `<file>.metadata.json`.",
    )

    @model_validator(mode="after")
    def _check_documents(self) -> Self:
        if self.format in DOCUMENTS and self.embedding == "batch":
            raise ValueError("embedding is 'batch', which documents do not have: leave it out")
        if self.format in DOCUMENTS and self.gzip:
            raise ValueError("gzip is true, which documents do not have: unpack the file, or use a zip file")
        return self

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        names = [*(self.csv.columns or ()), *self.mapping, *(name or "" for name in self.mapping.values())]
        if sum(len(name.encode()) for name in names) > MAX_OPTIONS_BYTES:
            raise ValueError(f"the names in csv.columns and mapping may have {MAX_OPTIONS_BYTES} bytes together")
        return self

    def resolved(self, key: str) -> "ImportOptions | None":
        """The same with format and compression filled in; None when neither options nor key give the format."""
        ending = ending_of(key)
        named, compressed = (None, False) if ending is None else ENDINGS[ending]
        if self.format is None and named is None:
            return None
        gzip = (compressed or key.lower().endswith(".gz")) if self.gzip is None else self.gzip
        csv = self.csv
        if ending in TAB_ENDINGS and csv.delimiter is None:
            csv = csv.model_copy(update={"delimiter": "\t"})
        return self.model_copy(update={"format": self.format or named, "gzip": gzip, "csv": csv})

    @property
    def is_documents(self) -> bool:
        """Whether its records are documents."""
        return self.format in DOCUMENTS

    @property
    def needs_reading(self) -> bool:
        """Whether the ends of chunks are only known when the file is read."""
        return bool(self.gzip) or self.format in ("csv", "json")

    @property
    def is_converted(self) -> bool:
        """Whether the content is stored again for the loader: unpacked, or as UTF-8."""
        return bool(self.gzip) or (self.format == "csv" and self.csv.encoding == "utf-16")


def ending_of(key: str) -> str | None:
    """The ending that gives the format, if there is one. The longest wins."""
    lower = key.lower()
    found = [ending for ending in ENDINGS if lower.endswith(ending)]
    return max(found, key=len, default=None)
