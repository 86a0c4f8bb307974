"""From OpenSearch's answers to the response: boosted, made diverse, cut, grouped, paged. Pure.

Reranking asks a model, so it is the searcher that does it, between `candidates` and `response_of`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from lambdas.search.body import diverse_vector
from lambdas.search.boost import Boost, booster
from lambdas.search.candidate import Candidate
from lambdas.search.diversity import Direction, Diversity, chosen, cosines
from lambdas.search.explain import explained, explained_boost, full_score, min_max
from lambdas.search.grouping import GroupHits, groups_of
from lambdas.search.hits import autocut, candidates_of, distance_or_score, is_truncated, shown
from lambdas.search.modes import Hybrid, Mode, Near
from lambdas.search.plan import Plan
from lambdas.search.response import HitGroup, RerankOutcome, SearchResponse
from lambdas.search.target_vectors import Targets


class Found(NamedTuple):
    """A search that OpenSearch has answered, and its candidates in the order of the last step that was taken."""

    plan: Plan
    answers: Sequence[dict[str, Any]]
    hits: list[Candidate]


def candidates(plan: Plan, answers: Sequence[dict[str, Any]], now: datetime) -> list[Candidate]:
    """The hits of a search with their final scores, best first: its page, or what the steps after it look at."""
    request, (answer, *legs) = plan.request, answers
    found = candidates_of(answer, _measured(plan))
    if request.explain and request.hybrid:
        found = explained(found, request.hybrid, legs)
    if request.boost and request.mode:
        gives = booster(request.boost, now)
        values = [gives(each.get("_source", {}), each.get("matched_queries", ())) for each in answer["hits"]["hits"]]
        found = boosted(found, request.mode, request.boost, values, explain=request.explain)
    return found


def response_of(answered: Found, outcome: RerankOutcome | None = None) -> SearchResponse:
    """The response made of the candidates, in their order. The times are not known here."""
    plan, found = answered.plan, answered.hits
    request, answer = plan.request, answered.answers[0]
    is_reranked = outcome is not None and outcome.applied
    if request.diversity:
        found = diverse(plan, request.diversity, found, is_reranked=is_reranked)
    if request.candidates is not None and not request.group_by:
        found = found[request.offset : request.offset + request.limit]
    if request.autocut is not None:
        found = autocut(found, request.autocut, _order(is_reranked=is_reranked, is_boosted=request.boost is not None))
    return SearchResponse(
        objects=[] if request.group_by else [shown(hit, request, _measured(plan)) for hit in found],
        groups=_grouped(plan, request.group_by, found) if request.group_by else None,
        total=answer["hits"]["total"]["value"],
        truncated=is_truncated(answer, request.reach),
        rerank=outcome,
        took_ms=0,
    )


def boosted(
    found: Sequence[Candidate], mode: Mode, boost: Boost, values: Sequence[float], *, explain: bool
) -> list[Candidate]:
    """The hits in the order of (1 - weight) * their score, scaled to 0..1, + weight * what the conditions give."""
    scores = {hit.id: hit.score or 0.0 for hit in found}
    full = full_score(mode)
    scaled = {key: score / full for key, score in scores.items()} if isinstance(mode, Hybrid) else min_max(scores, 0)
    scored = []
    for hit, value in zip(found, values, strict=True):
        score = (1 - boost.weight) * scaled[hit.id] + boost.weight * value
        whole = explained_boost(hit, mode, scaled[hit.id], value, boost.weight) if explain else hit
        scored.append((score, whole._replace(score=score)))
    return [hit for _, hit in sorted(scored, key=lambda each: -each[0])]


def diverse(plan: Plan, diversity: Diversity, found: Sequence[Candidate], *, is_reranked: bool) -> list[Candidate]:
    """The hits in the order in which they are chosen; as many as the page, or the groups, need."""
    request = plan.request
    found = found[: diversity.candidates]
    target = diverse_vector(plan.collection, request, plan.vector)
    directions = [Direction.of(hit.vectors.get(target)) for hit in found]
    targets = _measured(plan)
    if targets and plan.vector and targets.names == [target] and not is_reranked and not request.boost:
        # The engine has measured cosines already.
        known = [1 - hit.distance for hit in found if hit.distance is not None] if targets.is_cosine else None
        relevance = known or cosines(plan.vector.numbers[target], directions)
    else:
        by = _order(is_reranked=is_reranked, is_boosted=True)
        relevance = list(min_max({str(place): by(hit) or 0.0 for place, hit in enumerate(found)}, 0).values())
    count = len(found) if request.group_by else request.offset + request.limit
    return [found[place] for place in chosen(relevance, directions, diversity.balance, count)]


def _measured(plan: Plan) -> Targets | None:
    """The vectors to which hits have a distance: of a search by vectors alone."""
    return plan.vector.targets if plan.vector and isinstance(plan.request.mode, Near) else None


def _grouped(plan: Plan, group_by: GroupHits, found: Sequence[Candidate]) -> list[HitGroup]:
    """The page of groups."""
    first = plan.request.offset
    every = groups_of(found[: group_by.candidates], plan.collection, group_by)
    return [
        HitGroup(
            value=group.value,
            count=group.size,
            min_distance=group.min_distance,
            max_distance=group.max_distance,
            objects=[shown(hit, plan.request, _measured(plan)) for hit in group.objects],
        )
        for group in every[first : first + group_by.groups]
    ]


def _order(*, is_reranked: bool, is_boosted: bool) -> Callable[[Candidate], float | None]:
    """What the hits are ordered by."""
    if is_reranked:
        return attrgetter("rerank_score")
    return attrgetter("score") if is_boosted else distance_or_score
