"""Hostile documents are refused within the limits of the process that reads them."""

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from benchmarks.documents.files import docx_of, make_markdown, zip_of
from lambdas.documents.archive import Archive
from lambdas.documents.blocks import DocumentError
from lambdas.documents.limits import LIMITS, MIB, Limits
from lambdas.documents.names import DocumentFormat
from lambdas.documents.read_document import read_document
from lambdas.documents.sandbox import Sandbox
from tests.document_texts import SHORT

ROOT = Path(__file__).parents[3]
SMALL = LIMITS._replace(seconds=20.0, memory_bytes=400 * MIB, unpacked_bytes=8 * MIB, characters=MIB)
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}


def packed_spaces(mib: int) -> bytes:
    """So many MiB of spaces as DEFLATE packs them: one block over and over."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * mib + packer.flush()


def zip_of_spaces(name: str, mib: int) -> bytes:
    """A zip file by hand: one member of so many MiB of spaces."""
    packed = packed_spaces(mib)
    # Version, flags, method (DEFLATE), time, date, check sum (wrong), sizes, lengths of the name and of extra fields.
    about = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x21, 0, len(packed), mib * MIB, len(name), 0)
    local = b"PK\x03\x04" + about + name.encode() + packed
    listed = b"PK\x01\x02" + struct.pack("<H", 20) + about + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name.encode()
    return local + listed + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(listed), len(local), 0)


def pdf_of(pages: int, stream: bytes = b"", *, packed: bytes | None = None) -> bytes:
    """A PDF by hand: one page, as often as asked, with a compressed stream."""
    packed = zlib.compress(stream, 9) if packed is None else packed
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, b"3 0 R " * pages),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(body) + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)


def archive(data: bytes) -> Archive:
    return Archive(lambda start, end: data[start:end], len(data))


def in_sandbox(data: bytes, kind: DocumentFormat, limits: Limits = SMALL) -> str:
    head = orjson.loads(Sandbox(ENVIRONMENT, limits).read(data, kind).splitlines()[0])
    return str(head.get("error", ""))


def in_fresh_process(data: bytes, kind: DocumentFormat, limits: Limits) -> tuple[str, int]:
    """The error, and the largest memory in bytes of the process that reads.

    Measured by another process: the system counts the memory of all children of this one, and what a child shares with
    it before it becomes another program.
    """
    code = (
        "import resource, sys\n"
        "from lambdas.documents.limits import Limits\n"
        "from tests.unit.documents.test_document_limits import in_sandbox\n"
        f"print(in_sandbox(sys.stdin.buffer.read(), {kind!r}, {limits!r}))\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    message, peak = done.stdout.decode().rsplit("\n", 2)[:2]
    return message, int(peak)


def spaces_in_word() -> bytes:
    return docx_of(b"<w:document xmlns:w='w'><w:p><w:t>" + b" " * (40 * MIB) + b"</w:t></w:p></w:document>")


@pytest.mark.parametrize(
    ("kind", "made", "limits", "problem"),
    [
        ("docx", spaces_in_word, SMALL._replace(characters=1 << 40), "more than 8,388,608 bytes unpacked"),
        ("docx", lambda: zip_of_spaces("word/document.xml", 1024), LIMITS, "more than 209,715,200 bytes unpacked"),
        (
            "pdf",
            lambda: pdf_of(1, packed=b"\x78\xda" + packed_spaces(1024)),
            LIMITS,
            "no text|breaks the program|more memory",
        ),
        ("pdf", lambda: pdf_of(10_000), SMALL, "10,000 pages, and the limit is 2,000"),
        ("pdf", lambda: pdf_of(9_000, b"BT /F 9 Tf (a b c d e f g) Tj ET " * 200), SMALL, "2,000"),
        ("text", lambda: b"word " * (60 * MIB // 5), SMALL._replace(memory_bytes=180 * MIB), "more memory|breaks"),
        (
            "pdf",
            lambda: pdf_of(1_900, b"BT /F 9 Tf (a b c d e f g) Tj ET " * 900),
            SMALL._replace(seconds=1.0, characters=1 << 40),
            "more than 1 seconds",
        ),
    ],
)
def test_a_bomb_is_an_error_and_the_function_survives(
    kind: DocumentFormat, made: Callable[[], bytes], limits: Limits, problem: str
) -> None:
    message, peak = in_fresh_process(made(), kind, limits)

    assert [part for part in problem.split("|") if part in message], message
    assert peak < LIMITS.memory_bytes


def test_the_process_that_reads_has_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    seen: dict[str, str] = {}

    class StoppedError(Exception):
        pass

    def run(_: object, **options: dict[str, str]) -> None:
        seen.update(options["env"])
        raise StoppedError

    monkeypatch.setattr("lambdas.documents.sandbox.subprocess.run", run)
    with pytest.raises(StoppedError):
        Sandbox(ENVIRONMENT).read(b"text", "text")

    assert not [name for name in seen if name.startswith("AWS_")]


def test_a_document_is_the_same_in_the_sandbox() -> None:
    lines = Sandbox(ENVIRONMENT).read(make_markdown(SHORT), "markdown").splitlines()

    content = read_document(make_markdown(SHORT), "markdown")
    assert [orjson.loads(line)[1] for line in lines[1:]] == [block.text for block in content.blocks]


def test_pages_that_are_nested_without_end_are_read_up_to_a_depth() -> None:
    page = b"<html><body>" + b"<div>" * 20_000 + b"deep" + b"</div>" * 20_000 + b"<p>after</p>"

    assert "after" in [block.text for block in read_document(page, "html").blocks]


@pytest.mark.parametrize("name", ["../up.md", "a/../../up.md", "/etc/up.md", "a\\..\\up.md", "C:/up.md", "a\nb.md"])
def test_a_name_that_leaves_its_folder_is_refused(name: str) -> None:
    found = archive(zip_of({name: b"# Text"}))

    with pytest.raises(DocumentError, match="name"):
        found.read(0, LIMITS)


def test_a_member_that_grows_without_measure_is_refused() -> None:
    found = archive(zip_of({"spaces.txt": b" " * (40 * MIB)}))

    with pytest.raises(DocumentError, match="unpacks to more than"):
        found.read(0, LIMITS)


def test_a_member_of_a_gigabyte_of_spaces_is_refused() -> None:
    found = archive(zip_of_spaces("spaces.txt", 1024))

    with pytest.raises(DocumentError, match="unpacks to more than"):
        found.read(0, LIMITS)


def test_a_member_whose_size_is_a_lie_is_refused() -> None:
    data = bytearray(zip_of({"spaces.txt": b" " * (9 * MIB)}))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)

    with pytest.raises(DocumentError):
        archive(bytes(data)).read(0, LIMITS)


def test_a_zip_file_with_too_many_members_is_refused_before_they_are_read() -> None:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as package:
        for number in range(20_001):
            package.writestr(f"{number}.md", b"")

    with pytest.raises(DocumentError, match="more than 20,000 members"):
        archive(output.getvalue())


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"no zip file" * 1000, zip_of({"a.md": b"x"})[:-30]])
def test_a_damaged_zip_file_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match="no zip file"):
        archive(data)


def test_folders_and_files_of_operating_systems_are_no_documents() -> None:
    names = ["a/", "a/b.md", "__MACOSX/a/._b.md", ".DS_Store", "a/Thumbs.db", "a/b.md.metadata.json", "c.png"]

    assert [member.name for member in archive(zip_of(dict.fromkeys(names, b"x"))).members] == ["a/b.md", "c.png"]
