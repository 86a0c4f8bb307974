"""Requests of the page that this machine serves itself: uploads, failed records, judgements, maps."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from io import BufferedIOBase
from itertools import islice
from pathlib import Path
from typing import Any

from alto.classes.imports import ImportOptions
from alto.requests import segment
from alto.sync.client import AltoClient
from alto.ui.guard import RejectedError
from alto.ui.judgement_files import JudgementFiles
from alto.ui.projection import MOST_OBJECTS, Projection, has_numpy, nearest_limit, query_vector

_BLOCK = 1_048_576
# Failed records that the page shows as a table.
_MOST_ERRORS = 500


class LocalRoutes:
    """One method for each path below `/local/`."""

    def __init__(self, client: AltoClient, judgements: JudgementFiles, about: Mapping[str, Any]) -> None:
        self._client = client
        self._judgements = judgements
        self._about = about
        self._routes: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("GET", "/local/about"): lambda _: {**self._about, "has_numpy": has_numpy()},
            ("POST", "/local/judgements"): self._judge,
            ("POST", "/local/map"): self._map,
            ("POST", "/local/errors"): self._errors,
        }

    def close(self) -> None:
        """Close the connections to Alto and to S3."""
        self._client.close()

    def respond(self, method: str, path: str, body: bytes) -> Any:
        """The response to a request, as JSON. Raises `RejectedError`, `AltoError`."""
        route = self._routes.get((method, path))
        if route is None:
            raise RejectedError(404, "not_found", f"{method} {path} does not exist.")
        try:
            asked = json.loads(body or b"{}")
            return route(asked)
        except (KeyError, TypeError, ValueError) as error:
            raise RejectedError(400, "invalid_request", f"{error}.") from None

    def upload(self, query: Mapping[str, str], stream: BufferedIOBase, size: int) -> Any:
        """Send a file of the browser to S3, which starts an import. It is kept here until then, to be resent."""
        name = Path(query.get("name", "")).name
        if not name or not query.get("collection"):
            raise RejectedError(400, "invalid_request", "name, collection: both are needed for an upload.")
        options = {key: query[key] for key in ("format", "ids", "delimiter") if query.get(key)}
        with tempfile.TemporaryDirectory(prefix="alto-ui-") as folder:
            path = Path(folder) / "upload"
            with path.open("wb") as file:
                while size > 0:
                    block = stream.read(min(_BLOCK, size))
                    if not block:
                        raise RejectedError(400, "upload_cut", "The upload ended before its length.")
                    file.write(block)
                    size -= len(block)
            job = self._client.imports.from_file(
                path,
                collection=query["collection"],
                file_name=name,
                options=ImportOptions(**options),  # type: ignore[arg-type]
            )
        return {"id": str(job.id), "collection": job.collection}

    def _judge(self, asked: dict[str, Any]) -> Any:
        collection = str(asked["collection"])
        if "text" in asked:
            return self._judgements.add_query(collection, str(asked["text"]))
        if "remove" in asked:
            return self._judgements.remove_query(collection, str(asked["remove"]))
        if "document" in asked:
            return self._judgements.judge(collection, str(asked["query"]), str(asked["document"]), asked["grade"])
        return self._judgements.read(collection)

    def _errors(self, asked: dict[str, Any]) -> Any:
        found = self._client.imports.errors(str(asked["id"]), collection=str(asked["collection"]))
        records = [asdict(each) for each in islice(found, _MOST_ERRORS + 1)]
        return {"records": records[:_MOST_ERRORS], "cut": len(records) > _MOST_ERRORS}

    def _map(self, asked: dict[str, Any]) -> Any:
        if not has_numpy():
            raise RejectedError(501, "no_numpy", "A map needs NumPy: `pip install numpy` where `alto` is installed.")
        collection, name = str(asked["collection"]), str(asked.get("vector") or "default")
        objects = self._sample(collection, name, min(int(asked.get("limit") or MOST_OBJECTS), MOST_OBJECTS))
        if len(objects) < 3:
            raise RejectedError(409, "too_few_objects", f"A map needs at least 3 objects with the vector {name!r}.")
        vectors = [each["vectors"][name] for each in objects]
        plane = Projection(vectors)
        shown = [
            {"id": each["id"], "properties": each["properties"], "place": place}
            for each, place in zip(objects, plane.places(vectors), strict=True)
        ]
        query = str(asked.get("query") or "").strip()
        hits, place = self._nearest(collection, name, query, plane, len(vectors[0])) if query else ([], None)
        return {"objects": shown, "explained": plane.explained, "hits": hits, "query": place}

    def _sample(self, collection: str, name: str, limit: int) -> list[dict[str, Any]]:
        """Objects in the order of their ids, which are random: the first ones are a sample."""
        found: list[dict[str, Any]] = []
        after = None
        while len(found) < limit:
            asked = {"limit": min(1_000, limit - len(found)), "include_vectors": True}
            page = self._client.call(
                "POST",
                f"/v1/collections/{segment(collection)}/objects/list",
                asked | ({"after": after} if after else {}),
                repeatable=True,
            )
            found += [each for each in page["objects"] if (each.get("vectors") or {}).get(name)]
            after = page.get("next")
            if after is None:
                break
        return found

    def _nearest(
        self, collection: str, name: str, query: str, plane: Projection, dimensions: int
    ) -> tuple[list[dict[str, Any]], list[float] | None]:
        search = {
            "near_text": {"query": query, "target_vector": name},
            "limit": nearest_limit(dimensions),
            "include_vectors": True,
        }
        path = f"/v1/collections/{segment(collection)}/search"
        hits = [
            each
            for each in self._client.call("POST", path, search, repeatable=True)["objects"]
            if (each.get("vectors") or {}).get(name)
        ]
        if not hits:
            return [], None
        vectors = [each["vectors"][name] for each in hits]
        first = [
            {"id": each["id"], "properties": each["properties"], "place": place}
            for each, place in zip(hits[:10], plane.places(vectors[:10]), strict=True)
        ]
        if any(each.get("distance") is None for each in hits):
            return first, None
        [place] = plane.places([query_vector(vectors, [each["distance"] for each in hits])])
        return first, place


def default_judgements() -> Path:
    """The folder of judgements: ALTO_JUDGEMENTS, else `judgements` in the working folder."""
    return Path(os.environ.get("ALTO_JUDGEMENTS") or "judgements").resolve()
