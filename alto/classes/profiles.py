"""Where the time of a search went, in the shape of Weaviate's profiles."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SearchProfileReturn:
    """The parts of one search and their time."""

    details: dict[str, str]


@dataclass(frozen=True, slots=True)
class ShardProfileReturn:
    """The searches of one shard. Alto measures the request as a whole: it is the only one."""

    name: str
    node: str
    searches: dict[str, SearchProfileReturn]


class QueryProfileReturn(dict[str, float]):
    """The milliseconds of each part by name, as the API has them, and `.shards` as Weaviate has it."""

    @property
    def shards(self) -> list[ShardProfileReturn]:
        """One shard, named "all", with one search, named "search"."""
        details = {name: f"{milliseconds:g}ms" for name, milliseconds in self.items()}
        return [ShardProfileReturn("all", "alto", {"search": SearchProfileReturn(details)})]
