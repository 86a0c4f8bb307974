"""Alto as an MCP server: searches, objects and cited texts for assistants. Needs `pip install "alto[mcp]"`."""
