"""The site's order: every page of docs/ has a place, and pages that are generated have theirs."""

from typing import Any

Entry = str | dict[str, Any]

NAVIGATION: list[Entry] = [
    {"Alto": "index.md"},
    {"Get started": [{"In ten minutes": "get-started.md"}, {"Coming from Weaviate": "coming-from-weaviate.md"}]},
    {
        "Guides": [
            {"Collections and objects": "data.md"},
            {"Search": "search.md"},
            {"Filters": "filters.md"},
            {"Generate": "generate.md"},
            {"Imports": "imports.md"},
            {"Documents": "documents.md"},
            {"Embedding": "embedding.md"},
            {"Evaluate": "evaluate.md"},
            {"Change the model": "changing-the-model.md"},
            {"Deploy": "deploy.md"},
            {"Operate": "operations.md"},
        ]
    },
    {
        "How to": [
            {"Look at it in the console": "console.md"},
            {"Use the examples": "examples-to-copy.md"},
            {"Use frameworks": "integrations.md"},
            {"LangChain": "packages/langchain.md"},
            {"Haystack": "packages/haystack.md"},
            {"LlamaIndex": "packages/llama-index.md"},
            {"Serve assistants (MCP)": "mcp.md"},
            {"Sign in with Cognito": "cognito.md"},
            {"Save money when idle": "idle.md"},
            {"Solve problems": "runbook.md"},
        ]
    },
    {
        "Reference": [
            {"HTTP API": "reference/http/"},
            {"Python API": "reference/python/"},
            {"Python client": "client.md"},
            {"TypeScript client": "packages/typescript.md"},
            {"Command line": "cli.md"},
            {"Commands": "reference/commands.md"},
            {"Settings of a stage": "reference/settings.md"},
            {"Limits": "limits.md"},
            {"Security": "security.md"},
            {"Cost": "cost.md"},
            {"Scale": "scale.md"},
            {"Cold start": "cold-start.md"},
        ]
    },
    {
        "Concepts": [
            {"Two paths": "concepts/two-paths.md"},
            {"Exactly once": "concepts/exactly-once.md"},
            {"Hybrid search": "concepts/hybrid.md"},
        ]
    },
    {
        "Project": [
            {"Decisions": "decisions/"},
            {"Contributing": "project/contributing.md"},
            {"Security policy": "project/security-policy.md"},
            {"Changelog": "project/changelog.md"},
        ]
    },
]

# Pages from outside docs/, by the place in the site. Their links are turned around.
BROUGHT_IN = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security-policy.md",
    "CHANGELOG.md": "project/changelog.md",
    "clients/typescript/README.md": "packages/typescript.md",
    "integrations/langchain/README.md": "packages/langchain.md",
    "integrations/haystack/README.md": "packages/haystack.md",
    "integrations/llama-index/README.md": "packages/llama-index.md",
    "examples/README.md": "examples-to-copy.md",
}


def navigation_of(pages: list[str], titles: dict[str, str]) -> list[Entry]:
    """Return the navigation: an entry that ends in a slash becomes the pages of that folder."""

    def fill(entries: list[Entry]) -> list[Entry]:
        filled: list[Entry] = []
        for entry in entries:
            assert isinstance(entry, dict)
            [(title, target)] = entry.items()
            if isinstance(target, list):
                filled.append({title: fill(target)})
            elif target.endswith("/"):
                inside = sorted((page for page in pages if page.startswith(target)), key=in_order)
                filled.append({title: [{titles[page]: page} for page in inside]})
            else:
                filled.append(entry)
        return filled

    return fill(NAVIGATION)


def in_order(page: str) -> tuple[bool, bool, str]:
    """Sort the page that introduces a folder to the front, and the schemas to the end."""
    return (not page.endswith("/index.md"), page.endswith("/schemas.md"), page)
