"""`make docs`: build the site into build/site. `--check-links` only looks for broken links, in a second."""

import sys
from argparse import ArgumentParser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from local.errors import LocalStackError
from local.site.build import ROOT, build
from local.site.checks import broken_links_of


def main() -> None:
    """Build the site, or check the links of its sources."""
    parser = ArgumentParser(prog="make docs", description=__doc__)
    parser.add_argument("--check-links", action="store_true", help="check the links of docs/ and README, and no more")
    parser.add_argument("--serve", type=int, metavar="PORT", help="serve the site on this machine until Ctrl-C")
    chosen = parser.parse_args()
    if chosen.check_links:
        found = broken_links_of(ROOT)
        print("\n".join(found) or "No link is broken.")
        sys.exit(1 if found else 0)
    target = ROOT / "build" / "site"
    try:
        build(target, ROOT / "build" / "site-sources")
    except LocalStackError as error:
        sys.exit(f"Alto: {error}")
    print(f"The site is built: {target / 'index.html'}")
    if chosen.serve:
        serve(target, chosen.serve)


def serve(folder: Path, port: int) -> None:
    """Serve the site, whose search needs a server."""
    with ThreadingHTTPServer(("127.0.0.1", port), partial(SimpleHTTPRequestHandler, directory=folder)) as server:
        print(f"It is at http://127.0.0.1:{port}; Ctrl-C stops it.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
