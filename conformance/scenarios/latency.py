"""How long searches take, by their own profile: the model, OpenSearch, the rest."""

from conformance.figures import percentiles
from conformance.films import FILMS, collection, store, vectorizer
from conformance.scenario import Figures, Stage
from conformance.timing import timed

REQUESTS = 40
WARM_UP = 3
WORDS = ("holiday", "prison", "mafia", "vigilante", "ghost", "toy", "hope", "chaos")
PARTS = ("embedding_ms", "engine_ms", "engine_took_ms", "rest_ms")


def latency(stage: Stage) -> Figures:
    """Percentiles in milliseconds over five films. A query is never repeated, so each calls the model."""
    figures: Figures = {}
    with collection(stage, "Latency", vectors={"default": vectorizer(stage)}) as name:
        store(stage, name)
        for mode in ("bm25", "near_text", "hybrid"):
            bodies = [
                {mode: {"query": f"{WORDS[number % len(WORDS)]} {mode} {number}"}, "limit": len(FILMS), "profile": True}
                for number in range(WARM_UP + REQUESTS)
            ]
            calls = [timed(lambda body=body: stage.post(f"/v1/collections/{name}/search", body)) for body in bodies]  # type: ignore[misc]
            measured = calls[WARM_UP:]
            figures[mode] = {"in all": percentiles([milliseconds for _, milliseconds in measured])}
            for part in PARTS:
                figures[mode][part] = percentiles([response["profile"][part] for response, _ in measured])
    return figures
