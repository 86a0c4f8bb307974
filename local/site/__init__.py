"""The site of the documentation: `make docs` builds it from docs/, docs/openapi.json and the code, into build/site."""
