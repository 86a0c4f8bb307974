"""The kinds of search: what each asks for. Pure."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from lambdas.collections.model import VectorName
from lambdas.models import StrictModel

# The weight of the vector (docs/decisions/0021).
DEFAULT_ALPHA = 0.55

QueryText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=10_000, pattern=r"\S"),
    Field(description="Text with at least one character that is no blank."),
]
BoostedProperty = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}(\^[0-9]+(\.[0-9]+)?)?$"),
    Field(description="A property's name, with a boost if wanted: `title^2`."),
]
TargetVector = Annotated[
    VectorName | None,
    Field(description="Which vector to search. Needed only if there are several and none is `default`."),
]
Numbers = Annotated[list[float], Field(min_length=1, max_length=16_000)]
Concepts = Annotated[list[QueryText], Field(min_length=1, max_length=20)]


class Move(StrictModel):
    """A direction in which the query's vector is moved before the search."""

    concepts: Concepts
    force: float = Field(ge=0, le=1, description="How far: 0 not at all, 1 half of the way (as in Weaviate).")


class Near(StrictModel):
    """What all vector searches share: how near is near enough."""

    target_vector: TargetVector = None
    distance: float | None = Field(default=None, description="The largest distance of a hit.")
    certainty: float | None = Field(
        default=None, ge=0, le=1, description="The smallest certainty of a hit: 1 - distance / 2. Cosine only."
    )

    @model_validator(mode="after")
    def _has_one_threshold(self) -> Self:
        if self.distance is not None and self.certainty is not None:
            raise ValueError("distance and certainty say the same in two ways: send one of the two")
        return self


class NearText(Near):
    """Objects whose vector is near to that of a text."""

    query: QueryText | Concepts = Field(description="A text, or up to 20 whose vectors are averaged.")
    move_to: Move | None = Field(default=None, description="Move the query's vector towards these.")
    move_away: Move | None = Field(default=None, description="Move the query's vector away from these.")


class NearVector(Near):
    """Objects whose vector is near to the given one."""

    vector: Numbers


class NearObject(Near):
    """Objects whose vector is near to that of another object, which is the first hit."""

    id: UUID


class WordSettings(StrictModel):
    """How the words of a query are looked for."""

    properties: list[BoostedProperty] | None = Field(
        default=None,
        min_length=1,
        description="Properties to search, with boosts. If not given: all searchable ones, of which those named "
        "title, name, headline or subject count three times if they are scored together.",
    )
    operator: Literal["or", "and", "and_across"] = Field(
        default="or",
        description="`or`: any word will do, more are better. `and`: one property has to have all words. "
        "`and_across`: the properties together have to have all words.",
    )
    minimum_match: int | None = Field(
        default=None, ge=1, le=1000, description="With `or`: how many of the words an object has to have at least."
    )
    scoring: Literal["combined", "sum"] = Field(
        default="combined",
        description="`combined` scores all properties as if they were one text (BM25F); `sum` adds up the scores of "
        "each property. `operator: and` and `fuzziness` always add up.",
    )
    fuzziness: Literal["auto"] | Annotated[int, Field(ge=0, le=2)] | None = Field(
        default=None,
        description="How many letters of a word may differ; `auto`: none up to 2 letters, one up to 5, then two.",
    )
    phrase_boost: float = Field(
        default=0,
        ge=0,
        le=10,
        description="The weight of words that stand side by side in the object as in the query; 0 ignores order, 0.2 "
        "is a good start.",
    )

    @model_validator(mode="after")
    def _words_settings_fit_together(self) -> Self:
        if self.minimum_match is not None and self.operator != "or":
            raise ValueError(
                f"minimum_match counts words of the operator 'or', but '{self.operator}' asks for all of them: "
                "remove one of the two"
            )
        if self.scoring == "sum" and self.operator == "and_across":
            raise ValueError("and_across looks at all properties as one text: write scoring 'combined' with it")
        if self.fuzziness is not None and self.operator == "and_across":
            raise ValueError("fuzziness works word by word in each property: write operator 'or' or 'and' with it")
        return self


class Bm25(WordSettings):
    """Objects that contain the words of a text, by BM25."""

    query: QueryText


class Hybrid(WordSettings):
    """Vector search and BM25 in one, their scores fused by the engine."""

    query: QueryText
    alpha: float = Field(
        default=DEFAULT_ALPHA, ge=0, le=1, description="The weight of the vector: 0 is BM25 alone, 1 the vector alone."
    )
    fusion: Literal["relative_score", "ranked"] = Field(
        default="relative_score",
        description="`relative_score` adds up the scores, each scaled to 0..1; `ranked` adds up reciprocal ranks.",
    )
    vector: Numbers | None = Field(default=None, description="Instead of a vector made from the query.")
    near_object: UUID | None = Field(default=None, description="The object whose vector is taken instead.")
    move_to: Move | None = Field(default=None, description="Move the query's vector towards these.")
    move_away: Move | None = Field(default=None, description="Move the query's vector away from these.")
    target_vector: TargetVector = None

    @model_validator(mode="after")
    def _vector_settings_fit_together(self) -> Self:
        sources = [name for name in ("vector", "near_object") if getattr(self, name) is not None]
        if len(sources) > 1:
            raise ValueError("the query's vector is either given (vector) or taken from an object (near_object)")
        about_vector = [*sources, *(name for name in ("move_to", "move_away") if getattr(self, name) is not None)]
        if self.alpha == 0 and about_vector:
            raise ValueError(f"alpha 0 searches without a vector: remove {' and '.join(about_vector)}, or raise alpha")
        return self


Mode = NearText | NearVector | NearObject | Bm25 | Hybrid
