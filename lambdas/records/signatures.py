"""The format and encoding that the first bytes of a file show. Its name may say something else. Pure."""

from lambdas.records.byte_lines import UTF16_MARKS

COMPRESSED = "It is compressed ({}): unpack it, or pack it with gzip and name it .gz."
SIGNATURES: dict[bytes, str] = {
    b"\x1f\x8b": "It is compressed with gzip: let its name end in .gz, or set options.gzip.",
    b"PK\x03\x04": "It is a ZIP archive or an Excel workbook: unpack it, or save it as CSV.",
    b"\xd0\xcf\x11\xe0": "It is an old Excel workbook: save it as CSV.",
    b"PAR1": "It is a Parquet file: let its name end in .parquet, or set options.format.",
    b"ORC": "It is an ORC file: convert it to Parquet.",
    b"Obj\x01": "It is an Avro file: convert it to Parquet or JSON lines.",
    b"SQLite format 3": "It is a SQLite database: export a table as CSV.",
    b"%PDF-": "It is a PDF document: export its records as CSV or JSON lines.",
    b"\x28\xb5\x2f\xfd": COMPRESSED.format("Zstandard"),
    b"BZh": COMPRESSED.format("bzip2"),
    b"\xfd7zXZ": COMPRESSED.format("xz"),
    b"\xff\xfe\0\0": "It is UTF-32 text: save it as UTF-8.",
    b"\0\0\xfe\xff": "It is UTF-32 text: save it as UTF-8.",
}
# "ORC" and "BZh" may begin a text: then a letter or a blank follows.
TEXTS = (b"ORC", b"BZh")
SAMPLE = 400


def other_format(sample: bytes) -> str | None:
    """A sentence that says which other format a file has; None if its first bytes show none."""
    for signature, sentence in SIGNATURES.items():
        if sample.startswith(signature):
            return None if signature in TEXTS and _is_printable(sample[:16]) else sentence
    return None


def is_utf16(sample: bytes) -> bool:
    """Whether text is UTF-16: by its mark, or since almost every second byte is 0. A text may hold single zeros."""
    if sample[:2] in UTF16_MARKS:
        return True
    zeros = [sample[start:SAMPLE:2].count(0) for start in (0, 1)]
    half = len(sample[:SAMPLE]) // 2
    return half > 0 and max(zeros) > 0.6 * half and min(zeros) < 0.1 * half


def _is_printable(data: bytes) -> bool:
    return all(32 <= byte < 127 or byte in b"\t\r\n" for byte in data)
