"""Outages while a job is followed: the job continues in AWS, and so does the program that waits for it. Pure."""

from uuid import UUID

from alto.errors import AltoClosedClientError, AltoConnectionError, AltoError

# Of the API and of the gateways in front of it.
_OUTAGE_STATUSES = frozenset({429, 500, 502, 503, 504})


def is_outage(error: AltoError) -> bool:
    """Whether the request may succeed later: no response, or one of a service that is unavailable."""
    if isinstance(error, AltoClosedClientError):
        return False
    return isinstance(error, AltoConnectionError) or error.status in _OUTAGE_STATUSES


def while_waiting(error: AltoError, import_id: UUID) -> AltoError:
    """The error with the job's id, if Alto does not respond: the job has not failed."""
    if is_outage(error):
        error.message = f"{error.message} The import {import_id} continues: wait for it again with this id."
        error.args = (error.message,)
    return error
