"""Names that newer Pythons have: the client runs on Python 3.10."""

import sys
from datetime import timezone
from enum import Enum

if sys.version_info >= (3, 11):
    from enum import StrEnum
else:

    class StrEnum(str, Enum):
        """Text constants whose `str` is their value, as Python 3.11 has them."""

        __str__ = str.__str__
        __format__ = str.__format__


# datetime.UTC is of Python 3.11.
UTC = timezone.utc

__all__ = ["UTC", "StrEnum"]
