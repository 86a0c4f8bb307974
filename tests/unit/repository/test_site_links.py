"""Links of the documentation: none is broken, and pages that move into the site keep theirs."""

from pathlib import Path

import pytest

from local.site.checks import broken_links_of
from local.site.links import anchors_of, broken_links, links_of, moved_links, slug_of

ROOT = Path(__file__).parents[3]


def test_no_link_of_the_documentation_is_broken() -> None:
    assert broken_links_of(ROOT) == []


def test_links_are_found_in_text_and_tables_and_not_in_programs() -> None:
    page = """See [one](a.md), ![a picture](b.webp) and [`code`](c.md#d).
| [two](e.md) | [out](https://example.com) | `[no](f.md)` |

```py
text[0](g)
```
"""

    assert links_of(page) == ["a.md", "b.webp", "c.md#d", "e.md"]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("A second life", "a-second-life"),
        ("Words: bm25 and hybrid", "words-bm25-and-hybrid"),
        ("`alto search`, in short", "alto-search-in-short"),
        ("What is — or is not", "what-is--or-is-not"),
    ],
)
def test_an_anchor_is_the_one_that_github_makes(heading: str, anchor: str) -> None:
    assert slug_of(heading) == anchor


def test_anchors_are_numbered_where_headings_repeat_and_programs_have_none() -> None:
    page = "# Title\n## Part\n```sh\n# a comment\n```\n## Part\n## Search it { #search }\n"

    assert anchors_of(page) == {"title", "part", "part-1", "search"}


def test_a_link_to_no_file_or_no_heading_is_broken() -> None:
    pages = {
        "docs/a.md": "[b](b.md#part) [gone](c.md) [deep](b.md#gone) [me](#title) [picture](x.webp)\n# Title",
        "docs/b.md": "## Part",
    }

    assert broken_links(pages, lambda path: path == "docs/x.webp") == [
        "docs/a.md: c.md leads to no file",
        "docs/a.md: b.md#gone leads to no heading of docs/b.md",
    ]


def test_links_of_a_page_that_moves_lead_to_where_their_pages_are() -> None:
    places = {"docs/search.md": "docs/search.md", "clients/README.md": "docs/packages/client.md"}
    page = "[search](docs/search.md#hybrid) [client](clients/README.md) [code](alto/x.py) [here](#a) [out](https://a.b)"

    moved = moved_links(page, "README.md", "docs/project/readme.md", places.get)

    assert moved == ("[search](../search.md#hybrid) [client](../packages/client.md) code [here](#a) [out](https://a.b)")
