"""Ends loaders that only wait for a model's quota, which others use up. See docs/decisions/0086.

A loader that waits is paid for like one that works. So loaders that share a quota have places in a lane: one that has
none gives its chunk back to the queue, to be delivered later, and ends.
"""

import math
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.jobs.lane import Lane, open_lane
from lambdas.jobs.lane_store import LaneStore

NO_TURN = "The quota of the model feeds no more loaders: other chunks are loaded first."
# A loader is judged by what it did in this time at least; at its end a shorter time must do.
JUDGED_SECONDS = 10.0
SHORT_TURN_SECONDS = 1.0
# A loader at full speed is on the processor about half of its time; the rest it waits for OpenSearch and S3.
FULL_SHARE = 0.4
# The records whose texts are with the model keep this time.
NOTICE_SECONDS = 2.0
WRITE_ATTEMPTS = 3
# So many waiting chunks are delivered while a loader has its place: a place that is free is taken soon, and looking for
# one costs little.
LOOKS_A_TURN = 8.0
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 900


class Turn(Protocol):
    """The right of a loader to go on. `seconds_a_look`: after how long one of the chunks that wait is delivered."""

    has_ended: bool
    seconds_a_look: float

    def begin(self) -> bool:
        """Take a place. False if all places are taken."""
        ...

    def check(self) -> None:
        """Judge whether the loader is still needed, and end its time if not."""
        ...

    def leave(self) -> None:
        """Give the place to another loader."""
        ...


class Meter(Protocol):
    """Says whether a model's quota held back calls."""

    def is_held_back(self, seconds: float) -> bool:
        """Whether a call had to wait within the last seconds."""
        ...


class NoLimit:
    """The turn of a loader that calls no model."""

    has_ended = False
    seconds_a_look = 1.0

    def begin(self) -> bool:
        """Go on."""
        return True

    def check(self) -> None:
        """Go on."""

    def leave(self) -> None:
        """Leave nothing."""


class LaneTurn:
    """The turn of a loader that calls a model. `holder` names it, `lane` the quota."""

    def __init__(
        self,
        store: LaneStore,
        lane: str,
        holder: str,
        meter: Meter,
        deadline: Deadline,
        *,
        clock: Callable[[], float] = time.monotonic,
        processor: Callable[[], float] = time.process_time,
    ) -> None:
        self._store = store
        self._name = lane
        self._holder = holder
        self._meter = meter
        self._deadline = deadline
        self._clock = clock
        self._processor = processor
        self._began = clock()
        self._seen = (clock(), processor())
        self.has_ended = False
        self.seconds_a_look = 1.0

    def begin(self) -> bool:
        """Take a place, if the lane has places. False if all of them are taken."""
        with suppress(Exception):
            # Without its table a loader goes on as if it were alone: waiting is only expensive.
            lane = self._store.get(self._name)
            has_place = True

            def enter(current: Lane) -> Lane | None:
                nonlocal has_place
                admitted = current.admit(self._holder, self._store.now())
                has_place = admitted is not None
                return admitted

            self._change(enter, lane)
            return has_place
        return True

    def check(self) -> None:
        """Judge the lane by how busy this loader was, and end the loader's time if it has no place any more."""
        if self.has_ended or self._clock() - self._seen[0] < JUDGED_SECONDS:
            return
        is_held_back = self._meter.is_held_back(JUDGED_SECONDS)
        if not self._has_place(self._busy_share(), is_held_back=is_held_back):
            self.has_ended = True
            self._deadline.bring_forward(NOTICE_SECONDS)

    def _busy_share(self) -> float:
        """Return how busy the loader was since this was last asked, from 0 to 1."""
        now, processor = self._clock(), self._processor()
        share = (processor - self._seen[1]) / max(SHORT_TURN_SECONDS, now - self._seen[0]) / FULL_SHARE
        self._seen = (now, processor)
        return min(1.0, share)

    def leave(self) -> None:
        """Give the place to another loader."""
        with suppress(Exception):
            lane = self._store.get(self._name)
            if lane is None or self._holder not in lane.holders:
                return
            seconds, now = self._clock() - self._began, self._store.now()
            # A short chunk ends before it is judged, and only a lane that is judged grows.
            is_judged = not self.has_ended and self._clock() - self._seen[0] >= SHORT_TURN_SECONDS
            is_held_back = self._meter.is_held_back(JUDGED_SECONDS)
            busy = self._busy_share()

            def end(current: Lane) -> Lane:
                adapted = current.adapt(busy, now, is_held_back=is_held_back) if is_judged else current
                return adapted.leave(self._holder, seconds)

            self._change(end, lane)

    def _has_place(self, busy: float, *, is_held_back: bool) -> bool:
        lane, now = self._store.get(self._name), self._store.now()
        if lane is None:
            if is_held_back and not self._store.save(self._name, open_lane(self._holder, now), is_new=True):
                lane = self._store.get(self._name)
            if lane is None:
                return True

        def judge(current: Lane) -> Lane:
            adapted = current.adapt(busy, now, is_held_back=is_held_back).without_dead(now)
            # One loader leaves at a time: the next one sees that there are fewer.
            if len(adapted.holders | {self._holder: now}) > adapted.places:
                return adapted.leave(self._holder, self._clock() - self._began)
            return adapted.admit(self._holder, now) or adapted

        written = self._change(judge, lane)
        return written is None or self._holder in written.holders

    def _note(self, lane: Lane) -> None:
        """Note how often the chunks that wait should look."""
        self.seconds_a_look = max(1, lane.turn_seconds) / (LOOKS_A_TURN * min(lane.places, max(1, len(lane.holders))))

    def _change(self, change: Callable[[Lane], Lane | None], lane: Lane | None) -> Lane | None:
        """Write what `change` makes of the lane and return that; None if it makes nothing of it, or others write."""
        for _ in range(WRITE_ATTEMPTS):
            if lane is None:
                return None
            self._note(lane)
            changed = change(lane)
            if changed is None or self._store.save(self._name, changed):
                return changed
            lane = self._store.get(self._name)
        return None


def name_lane(collection: Collection) -> str | None:
    """Return the name of the quotas that a collection's vectors share; None if it calls no model."""
    names = {
        " ".join((each.service, each.region, each.target, each.role_arn or ""))
        for each in collection.made_by_alto.values()
    }
    return " + ".join(sorted(names)) or None


def choose_wait(turn: Turn, chunks_left: int, chance: Callable[[], float] = random.random) -> int:
    """Return the seconds until a chunk without a turn is delivered again, when so many of its job are left."""
    longest = min(LONGEST_WAIT_SECONDS, max(FIRST_WAIT_SECONDS, turn.seconds_a_look * chunks_left))
    return math.ceil(longest * (0.5 + 0.5 * chance()))
