"""`python -m alto.generate_sync`: writes `alto/sync` from `alto/aio`; with `--check`, only compares them.

`python alto/generate_sync.py` does the same where a merge has left `alto/sync` as something that is not valid Python.

A replacement of words, as httpcore and urllib3's own clients do it: two clients by hand would differ sooner or later.
"""

import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent
# Written by hand on both sides: the synchronous one works with threads.
BY_HAND = frozenset({"__init__.py", "batch.py", "parallel.py"})

WORDS = {
    r"async def length\(self\)": "def __len__(self)",
    r"async def": "def",
    r"async for": "for",
    r"await asyncio\.to_thread\(([\w.]+)(?:, )?": r"\1(",
    r"aiter_bytes": "iter_bytes",
    r"\baread\b": "read",
    r"async with": "with",
    r"await ": "",
    r"__aenter__": "__enter__",
    r"__aexit__": "__exit__",
    r"alto\.aio": "alto.sync",
    r"import asyncio\n": "import time\n",
    r"asyncio\.sleep": "time.sleep",
    r"httpx\.AsyncClient": "httpx.Client",
    r"httpx\.AsyncBaseTransport": "httpx.BaseTransport",
    r"aclose": "close",
    r"\bAltoAsyncClient\b": "AltoClient",
    r"\bAsync([A-Z]\w+)": r"\1",
    r"\b([A-Z]\w+)Async\b": r"\1",
    r"  # noqa: ASYNC109 \(also synchronous\)": "",
}


def synchronous(source: str) -> str:
    """The synchronous form of an asynchronous file."""
    for word, replacement in WORDS.items():
        source = re.sub(word, replacement, source)
    lines = source.split("\n")
    seen: set[str] = set()
    kept = []
    for line in lines:
        # Two modules may have become one.
        if line == "import time":
            if line in seen:
                continue
            seen.add(line)
        kept.append(line)
    return "\n".join(_imports_sorted(kept))


def _imports_sorted(lines: list[str]) -> list[str]:
    """`import x` lines in order, where they stand together."""
    plain = [at for at, line in enumerate(lines) if re.fullmatch(r"import [a-z]+", line) and line != "import httpx"]
    for at, line in zip(plain, sorted(lines[at] for at in plain), strict=True):
        lines[at] = line
    return lines


def generated() -> dict[Path, str]:
    """The text of each generated file."""
    sources = (path for path in sorted((PACKAGE / "aio").glob("*.py")) if path.name not in BY_HAND)
    return {PACKAGE / "sync" / path.name: synchronous(path.read_text()) for path in sources}


def main() -> int:
    """Write, or check."""
    stale = [path for path, text in generated().items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path} is not what alto/aio says: run `python -m alto.generate_sync`")  # noqa: T201 (a command)
        return 1 if stale else 0
    for path in stale:
        path.write_text(generated()[path])
    return 0


if __name__ == "__main__":
    sys.exit(main())
