"""Settings of the functions that work on import jobs, read from their environment."""

from pydantic import Field

from lambdas.settings import EngineSettings, FunctionSettings

# Some thousand records of 1 kB: enough that batches of a chunk overlap for most of its time. Records for which a slow
# model leaves no time are handed back.
CHUNK_BYTES = 1_048_576


class ImportSettings(FunctionSettings):
    """Settings of the functions that work on import jobs."""

    jobs_table: str = Field(alias="ALTO_JOBS_TABLE", min_length=1)
    import_bucket: str = Field(alias="ALTO_IMPORT_BUCKET", min_length=1)


class ExtractSettings(FunctionSettings):
    """Settings of the extract function, which reads documents and knows no jobs."""

    import_bucket: str = Field(alias="ALTO_IMPORT_BUCKET", min_length=1)
    chunk_queue_url: str = Field(alias="ALTO_CHUNK_QUEUE_URL", min_length=1)


class WriteSettings(EngineSettings, ImportSettings):
    """Settings of the write function."""

    split_queue_url: str = Field(alias="ALTO_SPLIT_QUEUE_URL", min_length=1)
    chunk_bytes: int = Field(default=CHUNK_BYTES, ge=1024, alias="ALTO_CHUNK_BYTES")
    # Of one collection, copies included.
    max_shards: int = Field(default=40, ge=1, alias="ALTO_LIMIT_SHARDS")


class SplitSettings(ImportSettings):
    """Settings of the split function. `chunk_bytes` is the size of a chunk; gzip files may grow `gzip_growth` times."""

    chunk_queue_url: str = Field(alias="ALTO_CHUNK_QUEUE_URL", min_length=1)
    extract_queue_url: str = Field(alias="ALTO_EXTRACT_QUEUE_URL", min_length=1)
    split_queue_url: str = Field(alias="ALTO_SPLIT_QUEUE_URL", min_length=1)
    chunk_bytes: int = Field(default=CHUNK_BYTES, ge=1024, alias="ALTO_CHUNK_BYTES")
    gzip_growth: int = Field(default=200, ge=1, alias="ALTO_LIMIT_GZIP_GROWTH")


class LoadSettings(EngineSettings, ImportSettings):
    """Settings of the load function. Batch inference needs a role."""

    chunk_queue_url: str = Field(alias="ALTO_CHUNK_QUEUE_URL", min_length=1)
    batch_role_arn: str | None = Field(default=None, alias="ALTO_BATCH_ROLE_ARN", pattern=r"^arn:aws[a-z-]*:iam::")
