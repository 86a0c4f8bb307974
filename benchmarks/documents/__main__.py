"""`make bench-documents`: how well documents are read, and whether questions find their page.

First, 60 documents of five formats are made from public text by libraries (ReportLab, python-docx) and read; the table
has the share of the words that were recovered in order, without headers, footers and navigation.

Then 300 documents, one in ten damaged, each in a different way, are uploaded to S3 of the deployed stack, and each job
is compared with what it should be. 200 questions with a known page are asked by default hybrid search.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from benchmarks.commit import current_commit
from benchmarks.documents.corpus import questions, samples
from benchmarks.documents.runs import Bar, measure_extraction
from local.account import aws_client
from local.stack import Stack

RESULTS = Path(__file__).parents[1] / "results" / "documents.json"


def main() -> None:
    """Measure, print, and with `--keep` keep the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--port", type=int, help="of Alto's API; a free one by default")
    parser.add_argument("--extraction-only", action="store_true")
    parser.add_argument("--keep", action="store_true", help=f"write {RESULTS.name}")
    options = parser.parse_args()
    result: dict[str, Any] = {"commit": current_commit(), "extraction": measure_extraction(67)}
    print(json.dumps(result, indent=1))
    if not options.extraction_only:
        documents = samples(options.documents)
        console = Console(file=sys.stderr)
        with (
            tempfile.TemporaryDirectory() as folder,
            Stack(Path(folder), port=options.port, console=console) as stack,
        ):
            running = stack.running
            assert running is not None
            s3 = aws_client("s3", running.endpoint, running.region)
            with httpx.Client(base_url=running.url, timeout=40, trust_env=False) as api:
                bar = Bar(api, s3, running.bucket)
                bar.create()
                result["import"] = bar.load(documents)
                print(json.dumps(result["import"], indent=1))
                result["search"] = bar.ask(questions(documents, options.questions))
        print(json.dumps(result["search"], indent=1))
    if options.keep:
        RESULTS.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
