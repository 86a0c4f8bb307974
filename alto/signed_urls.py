"""Keeps signed URLs out of logs: a signed URL grants what it is signed for to anyone."""

import logging

import httpx

SIGNATURE = "X-Amz-Signature"


def hide_in_logs() -> None:
    """Let httpx, which logs each URL, log those that are signed without their signatures."""
    logging.getLogger("httpx").addFilter(_hide)


def _hide(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(_shown(each) for each in record.args)
    return True


def _shown(value: object) -> object:
    return value.copy_with(query=None) if isinstance(value, httpx.URL) and SIGNATURE in value.params else value
