"""The size of a response as Lambda measures it.

Lambda limits the JSON of the whole response. The body is a string in it: each of its quotes and backslashes counts
twice.
"""

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_RESPONSE_BYTES = 6_291_556
# The limit for the objects of a page as OpenSearch returns them; the rest is for headers and for the fields that each
# object gets in a response.
MAX_PAGE_BYTES = 5_500_000
# Objects that a request reads without measuring them first (`lambdas/objects/document_sizes.py`). An object has at most
# 6 MB, the size of a request.
FEW_OBJECTS = 20


def escaped_bytes(document: bytes) -> int:
    """Return the size of a JSON document as a string in another JSON document."""
    return len(document) + document.count(b'"') + document.count(b"\\")
