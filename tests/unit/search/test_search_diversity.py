import random

import pytest

from lambdas.search.results.diversity import Direction, choose_diverse, compute_cosines

EAST, NEARLY_EAST, NORTH = map(Direction.of, ([2.0, 0.0], [5.0, 0.5], [0.0, 1.0]))
NOWHERE = Direction.of(None)


@pytest.mark.parametrize(
    ("balance", "order"),
    [(1, [0, 1, 2]), (0.5, [0, 2, 1]), (0, [0, 2, 1])],
)
def test_a_hit_like_one_before_it_comes_later(balance: float, order: list[int]) -> None:
    assert choose_diverse([0.9, 0.8, 0.7], [EAST, NEARLY_EAST, NORTH], balance, 3) == order


def test_as_many_are_chosen_as_there_are_or_are_asked_for() -> None:
    assert choose_diverse([0.9, 0.8, 0.7], [EAST, NEARLY_EAST, NORTH], 0.5, 2) == [0, 2]
    assert choose_diverse([0.9], [EAST], 0.5, 5) == [0]
    assert choose_diverse([], [], 0.5, 5) == []


def test_a_hit_without_a_vector_is_like_no_other() -> None:
    assert choose_diverse([0.9, 0.8, 0.1], [EAST, NEARLY_EAST, NOWHERE], 0.4, 3) == [0, 2, 1]
    assert choose_diverse([0.9, 0.8], [NOWHERE, Direction.of([0.0, 0.0])], 0.5, 2) == [0, 1]


def test_cosines_do_not_look_at_lengths() -> None:
    assert compute_cosines([3.0, 0.0], [EAST, NORTH, NOWHERE, Direction.of([-1.0, 0.0])]) == pytest.approx(
        [1, 0, 0, -1]
    )


def plainly(relevance: list[float], vectors: list[Direction], balance: float, count: int) -> list[int]:
    """The definition, word by word, with every comparison made again."""
    order: list[int] = []
    while len(order) < count:
        values = {}
        for place in range(len(relevance)):
            if place not in order:
                alike = max((vectors[other].cosine(vectors[place]) for other in order), default=0.0)
                values[place] = balance * relevance[place] - (1 - balance) * alike
        order.append(max(values, key=lambda place: values[place]))
    return order


@pytest.mark.parametrize("balance", [0.2, 0.5, 0.8])
def test_the_order_is_that_of_the_definition(balance: float) -> None:
    draw = random.Random(3)
    relevance = sorted((draw.random() for _ in range(40)), reverse=True)
    vectors = [Direction.of([draw.gauss(0, 1) for _ in range(8)]) for _ in range(40)]

    assert choose_diverse(relevance, vectors, balance, 15) == plainly(relevance, vectors, balance, 15)


def test_pages_are_parts_of_one_order() -> None:
    draw = random.Random(4)
    relevance = [draw.random() for _ in range(30)]
    vectors = [Direction.of([draw.gauss(0, 1) for _ in range(4)]) for _ in range(30)]

    assert choose_diverse(relevance, vectors, 0.5, 20)[:10] == choose_diverse(relevance, vectors, 0.5, 10)
