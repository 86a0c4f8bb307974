"""Turns OpenSearch's responses into Alto's: boosts, diversifies, cuts, groups, pages. Pure.

Reranking calls a model, so the searcher does it, between `rank_candidates` and `build_response`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from lambdas.search.body import Plan, resolve_diversity_vector
from lambdas.search.clauses.boost import Boost, make_booster
from lambdas.search.modes import Hybrid, Mode, Near
from lambdas.search.response import HitGroup, RerankOutcome, SearchResponse
from lambdas.search.results.candidate import Candidate
from lambdas.search.results.diversity import Direction, Diversity, choose_diverse, compute_cosines
from lambdas.search.results.explain import add_explanations, compute_full_score, explain_boost, scale_min_max
from lambdas.search.results.grouping import GroupHits, group_hits
from lambdas.search.results.hits import autocut, get_distance_or_score, is_truncated, read_candidates, render_hit
from lambdas.search.vectors.target_vectors import Targets


class Found(NamedTuple):
    """A search with OpenSearch's responses, and its candidates in the order of the last step."""

    plan: Plan
    responses: Sequence[dict[str, Any]]
    hits: list[Candidate]


def rank_candidates(plan: Plan, responses: Sequence[dict[str, Any]], now: datetime) -> list[Candidate]:
    """Return the hits of a search with their final scores, best first: its page, or the candidates of its steps."""
    request, (response, *legs) = plan.request, responses
    found = read_candidates(response, _get_measured_targets(plan))
    if request.explain and request.hybrid:
        found = add_explanations(found, request.hybrid, legs)
    if request.boost and request.mode:
        rate = make_booster(request.boost, now)
        values = [rate(each.get("_source", {}), each.get("matched_queries", ())) for each in response["hits"]["hits"]]
        found = apply_boost(found, request.mode, request.boost, values, explain=request.explain)
    return found


def build_response(found: Found, outcome: RerankOutcome | None = None) -> SearchResponse:
    """Build the response from the candidates, in their order. The caller adds the times."""
    plan, hits = found.plan, found.hits
    request, response = plan.request, found.responses[0]
    is_reranked = outcome is not None and outcome.applied
    if request.diversity:
        hits = diversify(plan, request.diversity, hits, is_reranked=is_reranked)
    if (request.candidates is not None or request.hybrid) and not request.group_by:
        hits = hits[request.offset : request.offset + request.limit]
    if request.autocut is not None:
        hits = autocut(
            hits, request.autocut, _choose_order(is_reranked=is_reranked, is_boosted=request.boost is not None)
        )
    return SearchResponse(
        objects=[] if request.group_by else [render_hit(hit, request, _get_measured_targets(plan)) for hit in hits],
        groups=_build_groups(plan, request.group_by, hits) if request.group_by else None,
        total=response["hits"]["total"]["value"],
        truncated=is_truncated(response, request.reach),
        rerank=outcome,
        took_ms=0,
    )


def apply_boost(
    found: Sequence[Candidate], mode: Mode, boost: Boost, values: Sequence[float], *, explain: bool
) -> list[Candidate]:
    """Sort the hits by (1 - weight) * their score, scaled to 0..1, + weight * the rating of the conditions."""
    scores = {hit.id: hit.score or 0.0 for hit in found}
    full = compute_full_score(mode)
    scaled = (
        {key: score / full for key, score in scores.items()} if isinstance(mode, Hybrid) else scale_min_max(scores, 0)
    )
    scored = []
    for hit, value in zip(found, values, strict=True):
        score = (1 - boost.weight) * scaled[hit.id] + boost.weight * value
        whole = explain_boost(hit, mode, scaled[hit.id], value, boost.weight) if explain else hit
        scored.append((score, whole._replace(score=score)))
    return [hit for _, hit in sorted(scored, key=lambda each: -each[0])]


def diversify(plan: Plan, diversity: Diversity, found: Sequence[Candidate], *, is_reranked: bool) -> list[Candidate]:
    """Return the hits in the order in which they are chosen; as many as the page, or the groups, need."""
    request = plan.request
    found = found[: diversity.candidates]
    target = resolve_diversity_vector(plan.collection, request, plan.vector)
    directions = [Direction.of(hit.vectors.get(target)) for hit in found]
    targets = _get_measured_targets(plan)
    if targets and plan.vector and targets.names == [target] and not is_reranked and not request.boost:
        # The engine has measured compute_cosines already.
        known = [1 - hit.distance for hit in found if hit.distance is not None] if targets.is_cosine else None
        relevance = known or compute_cosines(plan.vector.numbers[target], directions)
    else:
        by = _choose_order(is_reranked=is_reranked, is_boosted=True)
        relevance = list(scale_min_max({str(place): by(hit) or 0.0 for place, hit in enumerate(found)}, 0).values())
    count = len(found) if request.group_by else request.offset + request.limit
    return [found[place] for place in choose_diverse(relevance, directions, diversity.balance, count)]


def _get_measured_targets(plan: Plan) -> Targets | None:
    """Return the vectors to which hits have a distance: those of a search by vectors alone."""
    return plan.vector.targets if plan.vector and isinstance(plan.request.mode, Near) else None


def _build_groups(plan: Plan, group_by: GroupHits, found: Sequence[Candidate]) -> list[HitGroup]:
    """Build the page of groups."""
    first = plan.request.offset
    every = group_hits(found[: group_by.candidates], plan.collection, group_by)
    return [
        HitGroup(
            value=group.value,
            count=group.size,
            min_distance=group.min_distance,
            max_distance=group.max_distance,
            objects=[render_hit(hit, plan.request, _get_measured_targets(plan)) for hit in group.objects],
        )
        for group in every[first : first + group_by.groups]
    ]


def _choose_order(*, is_reranked: bool, is_boosted: bool) -> Callable[[Candidate], float | None]:
    """Return the function of the value that orders the hits."""
    if is_reranked:
        return attrgetter("rerank_score")
    return attrgetter("score") if is_boosted else get_distance_or_score
