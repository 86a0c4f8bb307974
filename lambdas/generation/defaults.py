"""Words and numbers that settings and calls share. Nothing here needs time at a cold start."""

from typing import Literal

type Service = Literal["bedrock", "sagemaker"]
type ChatPayload = Literal["openai", "inputs"]

MAX_TOKENS = 512
CONTEXT_TOKENS = 8_000
MAX_PROMPT = 20_000
