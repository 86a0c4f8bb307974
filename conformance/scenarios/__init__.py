"""The scenarios, in the order in which they run."""

from conformance.scenario import Scenario
from conformance.scenarios.batch_inference import batch_inference
from conformance.scenarios.bill import bill
from conformance.scenarios.imports import imports
from conformance.scenarios.latency import latency
from conformance.scenarios.recursion import recursion
from conformance.scenarios.search import search, smoke
from conformance.scenarios.start_times import cold_starts, restores
from conformance.scenarios.throttling import throttling

SCENARIOS = (
    Scenario("smoke", "Smoke test", smoke),
    Scenario("search", "Search in every mode", search),
    Scenario("imports", "Import of every format", imports),
    Scenario("recursion", "A chunk is handed over more than 20 times", recursion),
    Scenario("batch", "Batch inference", batch_inference),
    Scenario("latency", "Latency of searches", latency),
    Scenario("throttling", "Throttling", throttling, needs="throttling"),
    Scenario("cold_starts", "Cold starts", cold_starts, needs="start times"),
    Scenario("restores", "Restores from snapshots", restores, needs="start times"),
    Scenario("bill", "The bill", bill, needs="bill"),
)
