"""Turns OpenSearch's responses into Alto's: boosts, smooths, diversifies, cuts, groups, pages. Pure.

Reranking calls a model, so the searcher does it, between `read_found` and `build_response`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from lambdas.search.body import Plan
from lambdas.search.clauses.boost import Boost, is_boosted_by_columns, rate_hits
from lambdas.search.modes import Hybrid, Mode, Near
from lambdas.search.request import SearchRequest
from lambdas.search.response import HitGroup, RerankOutcome, SearchResponse
from lambdas.search.results.candidate import Candidate
from lambdas.search.results.diversity import Direction, Diversity, choose_diverse, compute_cosines
from lambdas.search.results.explain import compute_full_score, explain_boost, explain_smoothing, scale_min_max
from lambdas.search.results.fusion import Total, count_matches, fuse, read_total
from lambdas.search.results.group_columns import add_documents_to_groups, group_by_columns
from lambdas.search.results.grouping import Group, GroupHits, group_hits
from lambdas.search.results.hits import add_documents, autocut, get_distance_or_score, read_candidates, render_hit
from lambdas.search.results.page_choice import resolve_compared_vector
from lambdas.search.results.smoothing import Smoothing, compute_neighbour_means
from lambdas.search.vectors.target_vectors import Targets
from lambdas.search.vectors.vector_leg import build_passage_query


class Found(NamedTuple):
    """A search with its candidates in the order of the last step.

    Attributes:
        wanted: the ids of the candidates of which something is still to be read: their vectors, if the plan has a
            search for them and the page is not chosen, or else their documents.
        took: the engine's own milliseconds.
        groups: the groups of the page, where they were formed before documents are read.
        is_page: whether the steps have been taken and the hits are those of the page.
    """

    plan: Plan
    hits: list[Candidate]
    total: Total
    took: int
    wanted: Sequence[str] = ()
    groups: Sequence[Group] | None = None
    is_page: bool = False


def read_found(plan: Plan, responses: Sequence[dict[str, Any]], now: datetime) -> Found:
    """Read the responses to a search: its page, or the candidates of its steps, best first."""
    request = plan.request
    if request.hybrid is None:
        [response] = responses
        hits = read_candidates(response, _get_measured_targets(plan))
        found = _boost(Found(plan, hits, read_total(response), response["took"]), now)
        if plan.group_columns:
            return _group_early(found) or found._replace(wanted=[hit.id for hit in found.hits])
        smoothed = _smooth(found)
        return smoothed if plan.documents is None else _choose_page(smoothed)
    highest = plan.vector.targets.highest_score if plan.vector else None
    fusion, total = fuse(request.hybrid, responses, highest), count_matches(responses)
    if request.min_score is not None:
        fusion = fusion.drop_below(request.min_score)
        total = Total(len(fusion.ranking))
    hits = fusion.list_candidates(request.candidates or request.offset + request.limit, explain=request.explain)
    # The searches of the legs run at the same time.
    found = Found(plan, hits, total, max(response["took"] for response in responses))
    first = 0
    if is_boosted_by_columns(plan.collection, request.boost):
        found = _boost(found, now)
        if plan.group_columns and (grouped := _group_early(found)):
            return grouped
        if _count_read_later(request) is None:
            first = request.offset
    return found._replace(wanted=[hit.id for hit in found.hits[first:]])


def _count_read_later(request: SearchRequest) -> int | None:
    """Return how many of the best hits the first step after the boost reads; None if there is no such step."""
    later = next((name for name in request.steps if name != "boost"), None)
    if later == "group_by" and request.autocut is not None:
        # Groups are formed of what autocut leaves, and it looks at all hits.
        return request.candidates
    return None if later is None else request.count_read(later)


def _group_early(found: Found) -> Found | None:
    """Form the groups by columns, so that only the hits that are shown are read. None if a column lacks a value."""
    group_by, first = found.plan.request.group_by, found.plan.request.offset
    assert group_by is not None  # it has columns
    every = group_by_columns(found.hits, found.plan.collection, group_by)
    if every is None:
        return None
    groups = every[first : first + group_by.groups]
    shown = {hit.id: hit for group in groups for hit in group.objects}
    return found._replace(hits=list(shown.values()), wanted=list(shown), groups=groups)


def build_wanted_body(found: Found) -> dict[str, Any]:
    """Build the search for what is still to be read of the candidates."""
    plan, wanted = found.plan, list(found.wanted)
    query: dict[str, Any] = {"ids": {"values": wanted}}
    if plan.vectors is not None and not found.is_page:
        return {"query": query, "size": len(wanted)} | plan.vectors
    if plan.request.include_passage and plan.vector is not None:
        query = {"bool": {"filter": [query], "should": [build_passage_query(plan.vector, show=True)]}}
    return {"query": query, "size": len(wanted)} | (plan.documents or {})


def complete_found(found: Found, response: dict[str, Any], now: datetime) -> Found:
    """Add what was still to be read to the candidates, and go on: something may then be wanted of fewer of them."""
    plan = found.plan
    hits = add_documents(found.hits, response, found.wanted)
    completed = found._replace(hits=hits, took=found.took + response["took"], wanted=())
    group_by = plan.request.group_by
    if found.groups is not None and group_by is not None:
        read = {hit.id: hit for hit in hits}
        groups = add_documents_to_groups(found.groups, read, plan.collection, group_by)
        return completed._replace(groups=groups)
    if found.is_page:
        return completed
    has_boosted = is_boosted_by_columns(plan.collection, plan.request.boost)
    smoothed = _smooth(completed if has_boosted else _boost(completed, now))
    return smoothed if plan.vectors is None else _choose_page(smoothed)


def _choose_page(found: Found) -> Found:
    """Cut the page out of the candidates after their last step. Its documents are still to be read."""
    page = _take_page(found.plan, found.hits, is_reranked=False)
    return found._replace(hits=page, wanted=[hit.id for hit in page], is_page=True)


def _boost(found: Found, now: datetime) -> Found:
    """Apply the boost of a search, if it has one."""
    request = found.plan.request
    if request.boost is None or request.mode is None:
        return found
    ratings = rate_hits(request.boost, now, [hit.found for hit in found.hits])
    boosted = apply_boost(
        found.hits,
        request.mode,
        request.boost,
        ratings,
        explain=request.explain,
        count=_count_read_later(request) or request.offset + request.limit,
    )
    return found._replace(hits=boosted)


def _smooth(found: Found) -> Found:
    """Smooth the scores of a search, if it asks for that."""
    plan = found.plan
    request = plan.request
    if request.smoothing is None or request.mode is None:
        return found
    target = resolve_compared_vector(plan.collection, request, "smoothing", plan.vector)
    hits = apply_smoothing(found.hits, request.mode, request.smoothing, target, explain=request.explain)
    return found._replace(hits=hits)


def build_response(found: Found, outcome: RerankOutcome | None = None) -> SearchResponse:
    """Build the response from the candidates, in their order. The caller adds the times."""
    plan = found.plan
    request = plan.request
    is_reranked = outcome is not None and outcome.applied
    hits = found.hits if found.is_page else _take_page(plan, found.hits, is_reranked=is_reranked)
    if request.autocut is not None:
        hits = autocut(hits, request.autocut, _choose_order(is_reranked=is_reranked, is_rescored=_is_rescored(request)))
    return SearchResponse(
        objects=[] if request.group_by else [render_hit(hit, request, _get_measured_targets(plan)) for hit in hits],
        groups=_build_groups(found, request.group_by, hits) if request.group_by else None,
        total=found.total.value,
        truncated=found.total.is_beyond(request.reach),
        rerank=outcome,
        alpha=request.hybrid.alpha if request.hybrid else None,
        took_ms=0,
    )


def _take_page(plan: Plan, found: Sequence[Candidate], *, is_reranked: bool) -> list[Candidate]:
    """Return the hits of the page, or the candidates of its groups, after the last step."""
    request, hits = plan.request, list(found)
    if request.diversity:
        hits = diversify(plan, request.diversity, hits, is_reranked=is_reranked)
    if (request.candidates is not None or request.hybrid) and not request.group_by:
        hits = hits[request.offset : request.offset + request.limit]
    return hits


def apply_boost(
    found: Sequence[Candidate],
    mode: Mode,
    boost: Boost,
    ratings: Sequence[float],
    *,
    explain: bool,
    count: int | None = None,
) -> list[Candidate]:
    """Sort the hits by (1 - weight) * their score, scaled to 0..1, + weight * their rating. Return the best, or all."""
    scores = {hit.id: hit.score or 0.0 for hit in found}
    full, weight = compute_full_score(mode), boost.weight
    scaled = (
        [score / full for score in scores.values()]
        if isinstance(mode, Hybrid)
        else [*scale_min_max(scores, 0).values()]
    )
    boosted = [(1 - weight) * score + weight * rating for score, rating in zip(scaled, ratings, strict=True)]
    order = sorted(range(len(found)), key=lambda place: -boosted[place])
    hits = []
    for place in order[:count]:
        hit = found[place]
        if explain:
            hit = explain_boost(hit, mode, scaled[place], ratings[place], weight)
        hits.append(hit._replace(score=boosted[place]))
    return hits


def apply_smoothing(
    found: Sequence[Candidate], mode: Mode, smoothing: Smoothing, target: str, *, explain: bool
) -> list[Candidate]:
    """Sort the first candidates by (1 - weight) * their score + weight * the mean score of their neighbours."""
    hits = found[: smoothing.candidates]
    scores = [hit.score or 0.0 for hit in hits]
    directions = [Direction.of(hit.read_vector(target)) for hit in hits]
    means = compute_neighbour_means(scores, directions, smoothing.neighbours)
    scored = []
    for hit, score, mean in zip(hits, scores, means, strict=True):
        whole = explain_smoothing(hit, mode, mean, smoothing.weight) if explain else hit
        scored.append(whole._replace(score=(1 - smoothing.weight) * score + smoothing.weight * mean))
    return sorted(scored, key=lambda hit: -(hit.score or 0.0))


def diversify(plan: Plan, diversity: Diversity, found: Sequence[Candidate], *, is_reranked: bool) -> list[Candidate]:
    """Return the hits in the order in which they are chosen; as many as the page, or the groups, need."""
    request = plan.request
    found = found[diversity.skip : diversity.skip + diversity.candidates]
    target = resolve_compared_vector(plan.collection, request, "diversity", plan.vector)
    directions = [Direction.of(hit.read_vector(target)) for hit in found]
    targets = _get_measured_targets(plan)
    searched = plan.vector.numbers if plan.vector else []
    if targets and [name for name, _ in searched] == [target] and not is_reranked and not _is_rescored(request):
        # The engine has measured compute_cosines already.
        known = [1 - hit.distance for hit in found if hit.distance is not None] if targets.is_cosine else None
        relevance = known or compute_cosines(searched[0][1], directions)
    else:
        by = _choose_order(is_reranked=is_reranked, is_rescored=True)
        relevance = list(scale_min_max({str(place): by(hit) or 0.0 for place, hit in enumerate(found)}, 0).values())
    count = len(found) if request.group_by else request.offset + request.limit
    return [found[place] for place in choose_diverse(relevance, directions, diversity.balance, count)]


def _get_measured_targets(plan: Plan) -> Targets | None:
    """Return the vectors to which hits have a distance: those of a search by vectors alone."""
    return plan.vector.targets if plan.vector and isinstance(plan.request.mode, Near) else None


def _build_groups(found: Found, group_by: GroupHits, hits: Sequence[Candidate]) -> list[HitGroup]:
    """Build the page of groups."""
    plan, groups = found.plan, found.groups
    if groups is None:
        first = plan.request.offset
        groups = group_hits(hits[: group_by.candidates], plan.collection, group_by)[first : first + group_by.groups]
    return [
        HitGroup(
            value=group.value,
            count=group.size,
            min_distance=group.min_distance,
            max_distance=group.max_distance,
            objects=[render_hit(hit, plan.request, _get_measured_targets(plan)) for hit in group.objects],
        )
        for group in groups
    ]


def _is_rescored(request: SearchRequest) -> bool:
    """Whether hits are in the order of a score that is not the search's own."""
    return request.boost is not None or request.smoothing is not None


def _choose_order(*, is_reranked: bool, is_rescored: bool) -> Callable[[Candidate], float | None]:
    """Return the function of the value that orders the hits."""
    if is_reranked:
        return attrgetter("rerank_score")
    return attrgetter("score") if is_rescored else get_distance_or_score
