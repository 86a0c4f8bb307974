"""The choices of `alto search`."""

from alto.compatibility import StrEnum


class Mode(StrEnum):
    """The kinds of search."""

    HYBRID = "hybrid"
    BM25 = "bm25"
    NEAR_TEXT = "near-text"
    NEAR_OBJECT = "near-object"


class Fuzzy(StrEnum):
    """How many letters of a word may differ."""

    AUTO = "auto"
    NONE = "0"
    ONE = "1"
    TWO = "2"


class Scores(StrEnum):
    """How the scores of several properties become one."""

    COMBINED = "combined"
    SUM = "sum"


class Fusion(StrEnum):
    """How the scores of both legs of a hybrid search become one."""

    RELATIVE_SCORE = "relative_score"
    RANKED = "ranked"
