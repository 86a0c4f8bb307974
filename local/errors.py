"""The one error of the local stack."""


class LocalStackError(Exception):
    """A part of the local stack cannot be installed, started or reached; the message says which, why and what to do."""
