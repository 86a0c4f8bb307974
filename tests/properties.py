"""How many examples the property-based tests try: a bounded number with a fixed seed, more by hand."""

import os

# `make test-properties` sets 20.
FACTOR = int(os.environ.get("ALTO_PROPERTY_EXAMPLES", "1"))


def times(examples: int) -> int:
    """The number of examples in this run."""
    return examples * FACTOR
