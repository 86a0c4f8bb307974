"""A lane: the loaders that share one quota of a model, and how many of them it feeds. Pure. See docs/decisions/0086.

Without a lane there is no limit: the first loader that the quota holds back makes one.
"""

import math
from typing import NamedTuple, Self

# A holder that was killed loses its place after this time.
PLACE_SECONDS = 60
# A lane that no loader used for so long is forgotten: the quota may be another one.
LANE_SECONDS = 600
# How long the number of places is kept before it changes again.
STEADY_SECONDS = 15
# The busy share that the loaders of a lane should have; and below which one of several is not needed.
BUSY = 0.8
IDLE = 0.6
MOST_PLACES = 1_000


class Lane(NamedTuple):
    """The state of a lane. Times are seconds since 1970.

    Attributes:
        places: how many loaders may run.
        holders: until when each loader has its place.
        changed: when the number of places last changed.
        turn_seconds: how long a loader keeps its place, on average; 0 while unknown.
        version: how often the lane was written.
    """

    places: int
    holders: dict[str, int]
    changed: int
    turn_seconds: int = 0
    version: int = 0

    def without_dead(self, now: int) -> Self:
        """Return the lane without holders that were killed."""
        return self._replace(holders={name: until for name, until in self.holders.items() if until > now})

    def admit(self, holder: str, now: int) -> Self | None:
        """Return the lane with this holder, or None if it has no place."""
        lane = self.without_dead(now)
        if holder not in lane.holders and len(lane.holders) >= lane.places:
            return None
        return lane._replace(holders=lane.holders | {holder: now + PLACE_SECONDS})

    def leave(self, holder: str, seconds: float) -> Self:
        """Return the lane without this holder, which had its place for so long."""
        mean = 0.8 * self.turn_seconds + 0.2 * seconds if self.turn_seconds else seconds
        rest = {name: until for name, until in self.holders.items() if name != holder}
        return self._replace(holders=rest, turn_seconds=max(1, round(mean)))

    def adapt(self, busy: float, now: int, *, is_held_back: bool) -> Self:
        """Return the lane with as many places as its quota feeds, judged by how busy one of its loaders is."""
        if now - self.changed < STEADY_SECONDS:
            return self
        running = max(1, len(self.without_dead(now).holders))
        if is_held_back and busy < IDLE:
            places = max(1, math.ceil(min(running, self.places) * busy / BUSY))
        elif is_held_back:
            places = self.places
        elif running >= self.places:
            places = min(MOST_PLACES, 2 * self.places)
        else:
            places = self.places
        return self if places == self.places else self._replace(places=places, changed=now)


def open_lane(holder: str, now: int) -> Lane:
    """Return the lane that the first loader makes which the quota holds back.

    It has places for all: how many of them are needed is known when all that run have taken one.
    """
    return Lane(MOST_PLACES, {holder: now + PLACE_SECONDS}, now)
