"""Simulates the loaders of an import that share a quota, second by second, with the product's own lanes. Pure.

The quota is a steady rate of texts. A loader at full speed embeds and stores so many a second, and is on the processor
for `FULL_SHARE` of that time.
"""

import heapq
import random
from dataclasses import dataclass, field
from typing import NamedTuple

from lambdas.deadline import Deadline
from lambdas.imports.loading.model_turns import FULL_SHARE, LaneTurn, choose_wait
from lambdas.jobs.lane import Lane

LOAD_SECONDS = 280.0
# Starting warm, reading the job and the lane, and sending the chunk back.
LOOK_SECONDS = 0.3
NAME = "model"


@dataclass
class Memory:
    """Keeps the lane of a simulation, as `LaneStore` does in a table."""

    clock: "Clock"
    lane: Lane | None = None

    def now(self) -> int:
        """Return the seconds of the simulation."""
        return int(self.clock.now)

    def get(self, _name: str) -> Lane | None:
        """Return the lane."""
        return self.lane

    def save(self, _name: str, lane: Lane, *, is_new: bool = False) -> bool:
        """Keep the lane."""
        if is_new and self.lane is not None:
            return False
        self.lane = lane
        return True


@dataclass
class Clock:
    """The time of a simulation."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Simulated:
    """A loader that runs."""

    left: float
    turn: LaneTurn
    deadline: Deadline
    processor: float = 0.0
    held_back: bool = False

    def is_held_back(self, _seconds: float) -> bool:
        """Whether the quota was less than it could have used."""
        return self.held_back


class Simulation(NamedTuple):
    """The result: seconds of Lambda in all, of them at full speed, and seconds until the last object was stored."""

    lambda_seconds: float
    busy_seconds: float
    seconds: float
    looks: int
    most_loaders: int


@dataclass
class _Run:
    records: int
    clock: Clock = field(default_factory=Clock)
    loaders: list[Simulated] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.memory = Memory(self.clock)
        self.number = 0

    def begin(self, left: float) -> LaneTurn:
        """Start a loader on a chunk with so many records left, if the lane has a place."""
        self.number += 1
        deadline = Deadline.after(LOAD_SECONDS, self.clock)
        made = Simulated(left, None, deadline)  # type: ignore[arg-type]  # each needs the other
        made.turn = LaneTurn(
            self.memory,  # type: ignore[arg-type]
            NAME,
            str(self.number),
            made,
            deadline,
            clock=self.clock,
            processor=lambda: made.processor,
        )
        if made.turn.begin():
            self.loaders.append(made)
        return made.turn


def simulate(
    *, chunks: int, records: int, quota: float, full_rate: float, concurrency: int, has_lanes: bool = True
) -> Simulation:
    """Run an import of so many chunks of so many records. `quota` and `full_rate` are texts a second."""
    chance = random.Random(7)
    run = _Run(records)
    # When each chunk is delivered, and how many records are left of it.
    waiting: list[tuple[float, int, float]] = [(0.0, number, float(records)) for number in range(chunks)]
    order, done, spent, looks, most = chunks, 0, 0.0, 0, 0
    while done < chunks:
        while waiting and waiting[0][0] <= run.clock.now and len(run.loaders) < concurrency:
            _, _, left = heapq.heappop(waiting)
            looks += 1
            spent += LOOK_SECONDS
            turn = run.begin(left)
            if not run.loaders or run.loaders[-1].turn is not turn:
                order += 1
                due = run.clock.now + choose_wait(turn, chunks - done, chance.random)
                heapq.heappush(waiting, (due, order, left))
        running = len(run.loaders)
        most = max(most, running)
        rate = min(full_rate, quota / running) if running else 0.0
        run.clock.now += 1.0
        for loader in tuple(run.loaders):
            spent += 1.0
            loader.left -= rate
            loader.processor += FULL_SHARE * rate / full_rate
            loader.held_back = rate < full_rate
            if has_lanes:
                loader.turn.check()
            if loader.left > 0 and not loader.deadline.passed:
                continue
            run.loaders.remove(loader)
            if has_lanes:
                loader.turn.leave()
            if loader.left <= 0:
                done += 1
            else:
                order += 1
                later = choose_wait(loader.turn, chunks - done, chance.random) if loader.turn.has_ended else 0
                heapq.heappush(waiting, (run.clock.now + later, order, loader.left))
    busy = chunks * records / full_rate
    return Simulation(spent, busy, run.clock.now, looks, most)
