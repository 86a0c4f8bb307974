"""Logs. Structured, with ids to follow a request or a job by, and never a body, a header or a key."""

from aws_lambda_powertools import Logger

# The service's name and level come from POWERTOOLS_SERVICE_NAME and ALTO_LOG_LEVEL (see `wiring.py`).
logger = Logger(log_uncaught_exceptions=False)
