"""The order of a listing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sorting:
    """By what to sort, the most important first; `Sort.by_…` begins one. Objects without a value come last."""

    keys: tuple[tuple[str, bool], ...] = ()

    def by_property(self, name: str, ascending: bool = True) -> "Sorting":
        """Then by a property.

        Args:
            name: The property.
            ascending: Whether small values come first.
        """
        return Sorting((*self.keys, (name, ascending)))

    def by_id(self, ascending: bool = True) -> "Sorting":
        """Then by the object's id.

        Args:
            ascending: Whether small values come first.
        """
        return self.by_property("_id", ascending)

    def by_creation_time(self, ascending: bool = True) -> "Sorting":
        """Then by when the object was first stored.

        Args:
            ascending: Whether small values come first.
        """
        return self.by_property("_created", ascending)

    def by_update_time(self, ascending: bool = True) -> "Sorting":
        """Then by when the object was last stored.

        Args:
            ascending: Whether small values come first.
        """
        return self.by_property("_updated", ascending)

    def to_api(self) -> list[dict[str, str]]:
        """As the API takes it."""
        return [
            {"property": name, "order": "ascending" if ascending else "descending"} for name, ascending in self.keys
        ]


class Sort:
    """Where each order begins: `Sort.by_property("year", ascending=False).by_id()`."""

    @staticmethod
    def by_property(name: str, ascending: bool = True) -> Sorting:
        """By a property.

        Args:
            name: The property.
            ascending: Whether small values come first.
        """
        return Sorting().by_property(name, ascending)

    @staticmethod
    def by_id(ascending: bool = True) -> Sorting:
        """By the object's id.

        Args:
            ascending: Whether small values come first.
        """
        return Sorting().by_id(ascending)

    @staticmethod
    def by_creation_time(ascending: bool = True) -> Sorting:
        """By when the object was first stored.

        Args:
            ascending: Whether small values come first.
        """
        return Sorting().by_creation_time(ascending)

    @staticmethod
    def by_update_time(ascending: bool = True) -> Sorting:
        """By when the object was last stored.

        Args:
            ascending: Whether small values come first.
        """
        return Sorting().by_update_time(ascending)
