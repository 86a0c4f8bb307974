"""Objects on their way to OpenSearch: what is known of each, and the result of writing it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from lambdas.collections.model import Collection
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.passages import ObjectText, StoredPassage, read_texts
from lambdas.errors import AltoError, NoTextError
from lambdas.objects.bulk import BulkAction, BulkOperation
from lambdas.objects.document import document
from lambdas.objects.model import ObjectInput
from lambdas.objects.values import check_properties
from lambdas.objects.vectors import check_vectors


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result of writing one object."""

    id: str
    status: Literal["created", "updated", "unchanged", "failed"]
    error: AltoError | None = None
    # Vectors that the object was stored without, because it has no text for them.
    without_text: tuple[str, ...] = ()
    # The document as it is stored now, and its version.
    source: dict[str, Any] | None = field(default=None, compare=False, repr=False)
    version: str | None = field(default=None, compare=False)
    # When an unchanged object was last written.
    unchanged_since: datetime | None = None
    key: str | None = None


@dataclass(slots=True)
class Draft:
    """An object on its way to OpenSearch."""

    item: ObjectInput
    created: str
    vectors: dict[str, list[float]] = field(default_factory=dict)
    # The passages of vectors that have some.
    passages: dict[str, list[StoredPassage]] = field(default_factory=dict)
    text_hashes: dict[str, str] = field(default_factory=dict)
    without_text: list[str] = field(default_factory=list)
    error: AltoError | None = None
    source: dict[str, Any] | None = None
    version: str | None = None
    # When the stored object, which equals this one, was written (RFC 3339).
    unchanged_since: str | None = None

    def check(self, collection: Collection) -> None:
        """Keep the error of properties or vectors that do not fit the collection, unless there is one already."""
        try:
            if self.error is None:
                check_properties(collection, self.item.properties)
                check_vectors(collection, self.item.vectors)
        except AltoError as error:
            self.error = error

    def operation(self, collection: Collection, now: str, action: BulkAction) -> BulkOperation:
        """Return what is sent to OpenSearch."""
        source = document(
            collection,
            self.item,
            vectors=self.vectors,
            passages=self.passages,
            text_hashes=self.text_hashes,
            created=self.created,
            updated=now,
        )
        return BulkOperation(self.item.id, source, action, self.item.if_version)

    def report(self, *, was_created: bool) -> WriteResult:
        """Return the result of the write."""
        item, without_text = self.item, tuple(self.without_text)
        if self.error is not None:
            return WriteResult(item.id, "failed", self.error, key=item.key)
        if self.unchanged_since is not None:
            since = datetime.fromisoformat(self.unchanged_since)
            return WriteResult(item.id, "unchanged", None, without_text, unchanged_since=since)
        status: Literal["created", "updated"] = "created" if was_created else "updated"
        return WriteResult(item.id, status, None, without_text, self.source, self.version, key=item.key)


type DraftTexts = list[tuple[Draft, ObjectText]]


def collect_texts(collection: Collection, name: str, config: Text2VecAws, drafts: Sequence[Draft]) -> DraftTexts:
    """Return the drafts that need this vector, each with the texts to embed."""
    pairs: DraftTexts = []
    for draft in drafts:
        if name in draft.vectors:
            continue
        try:
            texts = read_texts(config, collection.name, collection.properties, draft.item.properties)
        except NoTextError:
            draft.without_text.append(name)
            continue
        draft.text_hashes[name] = texts.hash(config)
        pairs.append((draft, texts))
    return pairs
