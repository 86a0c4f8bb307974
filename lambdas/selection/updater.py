"""Updates the objects that match a filter."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from lambdas.collections.expiry import unexpired_only
from lambdas.collections.model import Collection
from lambdas.errors import AltoError, CollectionNotFoundError, EmbeddingTimeoutError, VersionConflictError
from lambdas.objects.auto_schema import with_new_properties
from lambdas.objects.document_sizes import choose_size
from lambdas.objects.merge import patch_properties, with_properties
from lambdas.objects.model import ObjectError
from lambdas.objects.retrying_writer import StaleTolerantWriter
from lambdas.objects.store import WriteContext
from lambdas.objects.values import check_properties, normalize
from lambdas.opensearch import IndexMissingError, OpenSearch
from lambdas.search.budget import NUMBER_BYTES, check_filter
from lambdas.selection.body import MAX_VECTOR_BYTES, build_update_body
from lambdas.selection.request import Update, UpdateRequest, UpdateResult
from lambdas.settings import RequestLimits

# Objects of a search. Their texts are embedded together, as far as they change.
PAGE = 200
# How often an object is read again that another request changed in between.
ATTEMPTS = 4
# With less time no further page is begun: the response has a `next`.
LEAST_SECONDS = 8.0
# Of OpenSearch for the searches of one request; then no further page is begun. A page reads what the filter matches
# again, so a costly filter over many objects would otherwise keep the search threads busy for as long as it may.
MOST_ENGINE_SECONDS = 2.0


class _Outcome(NamedTuple):
    update: Update
    error: AltoError | None = None


# Returns a collection as it is now, if that is another. Raises `CollectionNotFoundError`.
type FindNewer = Callable[[Collection], Collection | None]


class _Searches:
    """The searches of one request in the collection as it is now, and the seconds that OpenSearch worked for them."""

    def __init__(self, engine: OpenSearch, collection: Collection, context: WriteContext, newer: FindNewer) -> None:
        self._engine = engine
        self.collection = collection
        self._context = context
        self._newer = newer
        self._seconds = 0.0

    def __call__(self, body: Mapping[str, Any]) -> Any:
        """Return what OpenSearch finds now, including writes that searches do not see yet."""
        filters = [body["query"], *unexpired_only(self.collection.expiry)]
        asked = {**body, "query": {"bool": {"filter": filters}}} if len(filters) > 1 else body
        path = f"/{self.collection.alias}"
        self._engine.request("POST", f"{path}/_refresh", timeout=max(1.0, self._context.deadline.remaining()))
        found = self._engine.request("POST", f"{path}/_search", asked)
        self._seconds += found["took"] / 1000
        return found

    def follow(self) -> bool:
        """Go on in the index or generation that the collection has by now. False if the collection was deleted.

        The collection has another after a rebuild, and after a vector was added.
        """
        try:
            current = self._newer(self.collection)
        except CollectionNotFoundError:
            return False
        if current is None or current.identity != self.collection.identity:
            return False
        self.collection = current
        return True

    def may_go_on(self) -> bool:
        """Whether there is time for another page: of the request, and of what OpenSearch may work for it."""
        return self._context.deadline.remaining() >= LEAST_SECONDS and self._seconds < MOST_ENGINE_SECONDS


class Updater:
    """Updates the objects that match a filter, page by page in the order of their ids."""

    def __init__(
        self,
        engine: OpenSearch,
        writer: StaleTolerantWriter,
        limits: RequestLimits | None = None,
        newer: FindNewer = lambda _: None,
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._limits = limits or RequestLimits()
        self._newer = newer

    def update(self, collection: Collection, request: UpdateRequest, context: WriteContext) -> UpdateResult:
        """Change the objects that match, including writes that searches do not see yet.

        An object is written only if it still has the version that was read. One that changed in between is read again
        and updated if it still matches, so no other writer's change is lost. Ends early when the time of the request
        does, or when its searches have kept OpenSearch busy for `MOST_ENGINE_SECONDS`. Raises `InvalidRequestError`,
        for which nothing has been changed.
        """
        check_filter(request.filter, self._limits)
        check_change(collection, request)
        search = _Searches(self._engine, collection, context, self._newer)
        after = None if request.after is None else str(request.after)
        matches, updates, following = None, list[Update](), None
        while True:
            size = min(_page_size(collection, request), request.limit - len(updates))
            try:
                body = build_update_body(search.collection, request, size=size, after=after, count=matches is None)
                size = choose_size(search, search.collection, body)
                found = search(body | {"size": size})
            except IndexMissingError:
                if not updates:
                    raise
                if search.follow():
                    continue
                # Deleted after some objects were updated: nothing matches any more.
                break
            hits = found["hits"]["hits"]
            matches = found["hits"]["total"]["value"] if matches is None else matches
            page, is_late = self._update_page(request, hits, context, search)
            # Of a page that ran out of time the objects from the first late one on are for the next request.
            updates += page
            after = page[-1].id if is_late else hits[-1]["_id"] if hits else after
            is_last = len(hits) < size or not hits
            if is_late or (not is_last and (len(updates) >= request.limit or not search.may_go_on())):
                following = after
            if is_last or following is not None:
                break
        return _summarize(request, matches or 0, updates, following)

    def _update_page(
        self, request: UpdateRequest, hits: Sequence[Any], context: WriteContext, search: _Searches
    ) -> tuple[list[Update], bool]:
        """Update the objects of a page. Return the outcomes in order, and whether the time ended before some."""
        if request.dry_run:
            return [Update(id=hit["_id"], status="dry_run") for hit in hits], False
        outcomes: dict[str, _Outcome] = {}
        pending = list(hits)
        for attempt in range(1, ATTEMPTS + 1):
            written = self._write(search.collection, request, pending, context)
            outcomes |= written
            conflicts = [name for name, each in written.items() if isinstance(each.error, VersionConflictError)]
            if not conflicts or attempt == ATTEMPTS or context.deadline.passed:
                break
            pending = _find_again(search, request, conflicts)
            # Those that do not match any more, or are gone, are not this request's.
            for each in {*conflicts} - {hit["_id"] for hit in pending}:
                del outcomes[each]
        in_order = [outcomes[hit["_id"]] for hit in hits if hit["_id"] in outcomes]
        late = next((at for at, each in enumerate(in_order) if isinstance(each.error, EmbeddingTimeoutError)), None)
        # If not even the first object was done in time, it has failed: the next request must not meet it again.
        done = in_order if late is None else in_order[: late or 1]
        return [each.update for each in done], late is not None

    def _write(
        self, collection: Collection, request: UpdateRequest, hits: Sequence[Any], context: WriteContext
    ) -> dict[str, _Outcome]:
        """Write the objects that change. Return the outcome of each."""
        outcomes, changed = dict[str, _Outcome](), []
        for hit in hits:
            stored = hit["_source"].get("properties", {})
            properties = patch_properties(stored, request.change, whole=request.set is not None)
            if properties == stored:
                outcomes[hit["_id"]] = _Outcome(Update(id=hit["_id"], status="unchanged"))
            else:
                changed.append(with_properties(hit, properties))
        results = self._writer.write(
            collection,
            changed,
            deadline=context.deadline,
            credentials=context.credentials,
            refresh=context.refresh,
        )
        return outcomes | {each.id: _Outcome(_report(each.id, each.error), each.error) for each in results}


def check_change(collection: Collection, request: UpdateRequest) -> None:
    """Raise `InvalidObjectError` if the values do not fit the collection: then no object could be updated."""
    values = normalize(request.change)
    check_properties(with_new_properties(collection, values) if collection.auto_schema else collection, values)


def _find_again(search: _Searches, request: UpdateRequest, ids: list[str]) -> list[Any]:
    """Return the hits of those that still match, in the index that the collection has by now."""
    while True:
        body = build_update_body(search.collection, request, size=len(ids), after=None, ids=ids)
        try:
            hits: list[Any] = search(body)["hits"]["hits"]
        except IndexMissingError:
            if not search.follow():
                return []
        else:
            return hits


def _page_size(collection: Collection, request: UpdateRequest) -> int:
    """Return the objects of a page: fewer where their vectors are large. A dry run reads ids only."""
    if request.dry_run:
        return request.limit
    numbers = sum(config.resolved_dimensions or 0 for config in collection.vectors.values())
    return max(1, min(PAGE, MAX_VECTOR_BYTES // max(1, numbers * NUMBER_BYTES)))


def _report(object_id: str, error: AltoError | None) -> Update:
    if error is None:
        return Update(id=object_id, status="updated")
    return Update(id=object_id, status="failed", error=ObjectError(code=error.code, message=error.message))


def _summarize(request: UpdateRequest, matches: int, updates: Sequence[Update], following: str | None) -> UpdateResult:
    count = [each.status for each in updates].count
    return UpdateResult(
        dry_run=request.dry_run,
        matches=matches,
        updated=count("updated"),
        unchanged=count("unchanged"),
        failed=count("failed"),
        objects=[each for each in updates if request.verbose or each.status == "failed"],
        next=following,
    )
