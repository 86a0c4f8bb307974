"""Batches of the asynchronous client, against a server that is a function."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

import alto
from alto.classes.init import AdditionalConfig, RetryPolicy
from tests.unit.client.test_client_batch import Server

QUICK = AdditionalConfig(retries=RetryPolicy(attempts=1))


def run(server: Server, work: Any) -> Any:
    async def main() -> Any:
        async with alto.AltoAsyncClient(
            "http://localhost:1",
            transport=httpx.MockTransport(server),
            additional_config=QUICK,
            skip_init_checks=True,
        ) as client:
            return await work(client)

    return asyncio.run(main())


def test_all_objects_of_a_batch_are_stored_and_the_end_waits_for_searches() -> None:
    server = Server()

    async def load(client: alto.AltoAsyncClient) -> Any:
        films = client.collections.use("Film")
        async with films.batch.stream() as batch:
            ids = [await batch.add_object({"number": number}) for number in range(300)]
        return ids, films.batch

    ids, batches = run(server, load)

    assert set(server.stored) == {str(each) for each in ids}
    assert len(server.sizes) > 1
    assert server.waited[-1] is True
    assert sorted(batches.results.objs.uuids.values()) == sorted(ids)
    assert batches.failed_objects == []


def test_objects_that_fail_are_kept_and_warned_of() -> None:
    server = Server(bad_objects=0.2)

    async def load(client: alto.AltoAsyncClient) -> Any:
        films = client.collections.use("Film")
        with pytest.warns(alto.BatchFailureWarning, match="were not stored"):  # noqa: PT031 (the end of the block warns)
            async with films.batch.stream(concurrency=3) as batch:
                for number in range(200):
                    await batch.add_object({"number": number})
        return films.batch

    batches = run(server, load)

    assert 0 < len(batches.failed_objects) < 200
    assert len(server.stored) + len(batches.failed_objects) == 200
    assert batches.results.objs.has_errors


def test_no_more_requests_are_under_way_than_asked_for() -> None:
    server = Server()

    async def load(client: alto.AltoAsyncClient) -> None:
        async with client.collections.use("Film").batch.stream(concurrency=1) as batch:
            for number in range(200):
                await batch.add_object({"number": number})

    run(server, load)

    assert server.most_at_once == 1


def test_one_object_written_twice_has_its_last_value() -> None:
    server = Server()
    same = uuid4()

    async def load(client: alto.AltoAsyncClient) -> None:
        async with client.batch.stream() as batch:
            await batch.add_object("film", {"number": 1}, uuid=same)
            await batch.add_object("film", {"number": 2}, uuid=same)

    run(server, load)

    assert server.stored[str(same)]["number"] == 2


def test_a_batch_rejects_objects_after_its_block() -> None:
    async def load(client: alto.AltoAsyncClient) -> None:
        async with client.collections.use("Film").batch.stream() as batch:
            await batch.add_object({"number": 1})
        with pytest.raises(alto.AltoClosedClientError, match="inside it"):
            await batch.add_object({"number": 2})

    run(Server(), load)


@pytest.mark.parametrize("name", ["dynamic", "fixed_size", "rate_limit"])
def test_the_other_kinds_of_batches_name_stream(name: str) -> None:
    async def load(client: alto.AltoAsyncClient) -> None:
        with pytest.raises(alto.AltoNotSupportedError, match="stream"):
            getattr(client.batch, name)()

    run(Server(), load)
