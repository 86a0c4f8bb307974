"""`client.alias`: further names of collections, which can be pointed elsewhere in one atomic change."""

from alto.aio.transport import AsyncTransport
from alto.operations import aliases
from alto.operations.aliases import AliasReturn
from alto.values import expect


class AliasesAsync:
    """All aliases of an Alto."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list_all(self, *, collection: str | None = None) -> dict[str, AliasReturn]:
        """All aliases by name.

        Args:
            collection: Only those of this collection.
        """
        return await self._transport.run(aliases.list_all(collection))

    async def get(self, *, alias_name: str) -> AliasReturn | None:
        """An alias and the collection that it points at; None if it does not exist.

        Args:
            alias_name: The alias.
        """
        expect("alias_name", alias_name, str, "'Films'")
        return await self._transport.run(aliases.get(alias_name))

    async def exists(self, *, alias_name: str) -> bool:
        """Return whether the alias exists.

        Args:
            alias_name: The alias.
        """
        return await self.get(alias_name=alias_name) is not None

    async def create(self, *, alias_name: str, target_collection: str) -> None:
        """Create an alias, which then stands for the collection wherever a collection is named.

        Args:
            alias_name: A name that no collection and no other alias has.
            target_collection: The collection.

        Raises `AltoConflictError` if the name is taken, `AltoNotFoundError` if the collection does not exist.
        """
        expect("alias_name", alias_name, str, "'Films'")
        expect("target_collection", target_collection, str, "'Film'")
        await self._transport.run(aliases.create(alias_name, target_collection))

    async def update(self, *, alias_name: str, new_target_collection: str) -> bool:
        """Point an alias at another collection, atomically. False if the alias does not exist.

        Args:
            alias_name: The alias.
            new_target_collection: The collection that it points at from now on.

        Raises `AltoNotFoundError` if the collection does not exist.
        """
        expect("alias_name", alias_name, str, "'Films'")
        expect("new_target_collection", new_target_collection, str, "'Film'")
        return await self._transport.run(aliases.update(alias_name, new_target_collection))

    async def delete(self, *, alias_name: str) -> bool:
        """Delete an alias; its collection stays. False if the alias does not exist.

        Args:
            alias_name: The alias.
        """
        expect("alias_name", alias_name, str, "'Films'")
        return await self._transport.run(aliases.delete(alias_name))
