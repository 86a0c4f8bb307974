"""Which worker runs which tests."""

from xdist.scheduler import LoadScopeScheduling

# A suite whose servers all its tests share: it runs in one worker, so that its servers start once.
SUITES_WITH_SERVERS = ("tests/e2e/", "tests/infra/", "tests/integration/")


class SuiteScheduling(LoadScopeScheduling):
    """A suite with servers goes to one worker, in its order; the unit tests go module by module to the others."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((suite for suite in SUITES_WITH_SERVERS if path.startswith(suite)), path)
