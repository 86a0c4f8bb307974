"""The request models of the kinds of search. Pure."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from lambdas.collections.model import VectorName
from lambdas.errors import abbreviate
from lambdas.models import StrictModel
from lambdas.objects.keys import ObjectReference

# The weight of the vector where no other is chosen (docs/decisions/0021, docs/decisions/0085).
DEFAULT_ALPHA = 0.55

QueryText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=10_000, pattern=r"\S"),
    Field(description="Text with at least one character that is not blank."),
]
BoostedProperty = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}(\^[0-9]+(\.[0-9]+)?)?$"),
    Field(description="A property's name, with a boost if wanted: `title^2`."),
]
Numbers = Annotated[list[float], Field(min_length=1, max_length=16_000)]
# The vectors of one search: each is a nearest-neighbour search of its own.
MAX_QUERY_VECTORS = 20
Concepts = Annotated[list[QueryText], Field(min_length=1, max_length=20)]
ObjectIds = Annotated[list[ObjectReference], Field(min_length=1, max_length=20)]
Weight = Annotated[float, Field(gt=0, le=1_000)]


class TargetVectors(StrictModel):
    """Several vectors of each object. Each is compared with the query's; their distances are combined into one."""

    vectors: list[VectorName] = Field(min_length=1, max_length=20)
    combine: Literal["minimum", "average", "sum", "manual_weights", "relative_score"] = Field(
        default="minimum",
        description="`minimum`: the nearest vector counts. `average`, `sum`, `manual_weights` (the sum of weight times "
        "distance), `relative_score` (the same of distances that are scaled to 0..1 over the nearest objects of each "
        "vector): all count, and an object that lacks one of them is not found.",
    )
    weights: dict[VectorName, Weight | Annotated[list[Weight], Field(min_length=1, max_length=20)]] | None = Field(
        default=None,
        description="With `manual_weights` and `relative_score`: a weight above 0 for each of the vectors, or a list "
        "of one for each of the query's vectors that are compared with it.",
    )

    @model_validator(mode="before")
    @classmethod
    def _is_an_object(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            form = 'the name of a vector, or several as {"vectors": ["a", "b"]}'
            raise ValueError(f"expected {form}, not {abbreviate(value)}")  # noqa: TRY004 - pydantic's kind of error
        return value

    @model_validator(mode="after")
    def _vectors_have_their_weights(self) -> Self:
        if len(set(self.vectors)) < len(self.vectors):
            raise ValueError("target_vector.vectors names a vector twice: name each once")
        if (self.combine in ("manual_weights", "relative_score")) != (self.weights is not None):
            raise ValueError(
                "target_vector.weights belong to combine 'manual_weights' and 'relative_score': send both or neither"
            )
        if self.weights is not None and set(self.weights) != set(self.vectors):
            raise ValueError(f"target_vector.weights must have one for each of {', '.join(self.vectors)}, and no other")
        return self


def _target_form(value: Any) -> str:
    return "name" if isinstance(value, str) else "several"


TargetVector = Annotated[
    Annotated[
        Annotated[VectorName, Tag("name")] | Annotated[TargetVectors, Tag("several")], Discriminator(_target_form)
    ]
    | None,
    Field(description="Which vector to search, or several. Needed only if there are several and none is `default`."),
]
# Powertools renders every request for its debug log, even when that is off: a vector takes a millisecond.
OneVector = Annotated[
    Numbers | None, Field(description="The query's vector, compared with each target vector.", repr=False)
]


def _vectors_form(value: Any) -> str:
    return "several" if isinstance(value, list) and value and isinstance(value[0], list) else "one"


VectorOrSeveral = Annotated[
    Annotated[Numbers, Tag("one")]
    | Annotated[Annotated[list[Numbers], Field(min_length=1, max_length=MAX_QUERY_VECTORS)], Tag("several")],
    Discriminator(_vectors_form),
]
VectorEach = Annotated[
    Annotated[dict[VectorName, VectorOrSeveral], Field(min_length=1, max_length=20)] | None,
    Field(
        description="Instead of `vector`: one for each target vector, by name, or several, each of which counts as a "
        "target of its own. 20 vectors at most.",
        repr=False,
    ),
]


class Move(StrictModel):
    """A direction in which the query's vector is moved before the search: the mean of all that is named."""

    concepts: Concepts | None = Field(default=None, description="Texts whose vectors are taken.")
    objects: ObjectIds | None = Field(default=None, description="Ids or keys of objects whose vectors are taken.")
    force: float = Field(ge=0, le=1, description="How far: 0 not at all, 1 half of the way (as in Weaviate).")

    @model_validator(mode="after")
    def _has_a_direction(self) -> Self:
        if self.concepts is None and self.objects is None:
            raise ValueError("a move goes to or from something: send concepts, objects or both")
        return self


class Near(StrictModel):
    """Settings of all vector searches: the target and the largest distance."""

    target_vector: TargetVector = None
    distance: float | None = Field(default=None, description="The largest distance of a hit.")
    certainty: float | None = Field(
        default=None, ge=0, le=1, description="The smallest certainty of a hit: 1 - distance / 2. Cosine only."
    )

    @model_validator(mode="after")
    def _has_one_threshold(self) -> Self:
        if self.distance is not None and self.certainty is not None:
            raise ValueError("distance and certainty are two forms of the same threshold: send one of the two")
        if not isinstance(self, NearVector):
            _check_vector_names(None, self.target_vector)
        return self


class NearText(Near):
    """Objects whose vector is near to that of a text."""

    query: QueryText | Concepts = Field(description="A text, or up to 20 whose vectors are averaged.")
    move_to: Move | None = Field(default=None, description="Move the query's vector towards these.")
    move_away: Move | None = Field(default=None, description="Move the query's vector away from these.")


class NearVector(Near):
    """Objects whose vector is near to the given one."""

    vector: OneVector = None
    vectors: VectorEach = None

    @model_validator(mode="after")
    def _has_a_vector(self) -> Self:
        if (self.vector is None) == (self.vectors is None):
            raise ValueError("near_vector has exactly one of vector (one for all) and vectors (one for each target)")
        _check_vector_names(self.vectors, self.target_vector)
        return self


class NearObject(Near):
    """Objects whose vector is near to that of another object, which is the first hit."""

    id: ObjectReference


class WordSettings(StrictModel):
    """How the words of a query are searched."""

    properties: list[BoostedProperty] | None = Field(
        default=None,
        min_length=1,
        max_length=500,
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
        description="How many letters of a word may differ; `auto`: none up to 2 letters, one up to 5, then two. "
        "A request has at most 32 such words, 256 counted in each property.",
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
    """Vector search and BM25 in one, their scores fused."""

    query: QueryText
    near_text: QueryText | Concepts | None = Field(
        default=None, description="A text, or up to 20, whose vector is taken instead of the query's."
    )
    alpha: float = Field(
        default_factory=lambda: DEFAULT_ALPHA,
        ge=0,
        le=1,
        description="The weight of the vector: 0 is BM25 alone, 1 the vector alone. If not given, chosen by the number "
        "of the query's words; the response says which.",
    )
    fusion: Literal["relative_score", "ranked"] = Field(
        default="relative_score",
        description="`relative_score` adds up the scores, each scaled to 0..1; `ranked` adds up reciprocal ranks.",
    )
    vector: OneVector = None
    vectors: VectorEach = None
    near_object: ObjectReference | None = Field(
        default=None, description="The id or key of the object whose vector is taken instead."
    )
    move_to: Move | None = Field(default=None, description="Move the query's vector towards these.")
    move_away: Move | None = Field(default=None, description="Move the query's vector away from these.")
    target_vector: TargetVector = None
    max_vector_distance: float | None = Field(
        default=None,
        description="The largest distance of a hit's vector from the query's, measured for every hit, whichever leg "
        "found it. An object without the vector is not a hit.",
    )

    @model_validator(mode="after")
    def _vector_settings_fit_together(self) -> Self:
        sources = self._given("near_text", "vector", "vectors", "near_object")
        if len(sources) > 1:
            raise ValueError(
                "the query's vector is given (vector, vectors), that of another text (near_text), or taken from an "
                f"object (near_object): send one of {' and '.join(sources)}"
            )
        about_vector = [*sources, *self._given("move_to", "move_away", "max_vector_distance")]
        if self.alpha == 0 and about_vector:
            raise ValueError(f"alpha 0 searches without a vector: remove {' and '.join(about_vector)}, or raise alpha")
        _check_vector_names(self.vectors, self.target_vector)
        return self

    def _given(self, *names: str) -> list[str]:
        return [name for name in names if getattr(self, name) is not None]


def _check_vector_names(vectors: dict[str, Any] | None, target: str | TargetVectors | None) -> None:
    """Raise ValueError unless there are vectors, and weights, for each target that is named."""
    counts = {name: count_vectors(each) for name, each in (vectors or {}).items()}
    if sum(counts.values()) > MAX_QUERY_VECTORS:
        raise ValueError(f"vectors has {sum(counts.values())} vectors, and a search has {MAX_QUERY_VECTORS} at most")
    weights = target.weights if isinstance(target, TargetVectors) else None
    for name, each in (weights or {}).items():
        if isinstance(each, list) and len(each) != counts.get(name, 1):
            raise ValueError(
                f"target_vector.weights.{name} has {len(each)} weights for {counts.get(name, 1)} vectors of the query: "
                "send one for each, or one number for all"
            )
    if vectors is None or target is None:
        return
    named = [target] if isinstance(target, str) else target.vectors
    if set(named) != set(vectors):
        raise ValueError(f"vectors must have one for each target vector ({', '.join(named)}), and no other")


def count_vectors(given: Sequence[Any]) -> int:
    """Return how many vectors these are, one or a list of several."""
    return len(given) if isinstance(given[0], list) else 1


Mode = NearText | NearVector | NearObject | Bm25 | Hybrid
