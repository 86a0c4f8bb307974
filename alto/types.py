"""Types of arguments, under Weaviate's names."""

from typing import TypeAlias
from uuid import UUID as _UUID

UUID: TypeAlias = str | _UUID

__all__ = ["UUID"]
