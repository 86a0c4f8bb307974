"""Fetches, verifies and lays out an OpenSearch home in the user's cache."""

import fcntl
import hashlib
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import NamedTuple

import platformdirs
from jgo.maven import MavenContext

from local.errors import LocalStackError

VERSION = "3.6.0"
MANIFEST = Path(__file__).with_name(f"artifacts-{VERSION}.tsv")

# The jars of the server's own modules carry no descriptor, unlike the plugin zips: name -> (class, modules it extends).
MODULES = {
    "aggs-matrix-stats": ("org.opensearch.search.aggregations.matrix.MatrixAggregationModulePlugin", ""),
    "analysis-common": ("org.opensearch.analysis.common.CommonAnalysisModulePlugin", "lang-painless"),
    "ingest-common": ("org.opensearch.ingest.common.IngestCommonModulePlugin", "lang-painless"),
    "lang-painless": ("org.opensearch.painless.PainlessModulePlugin", ""),
    "mapper-extras": ("org.opensearch.index.mapper.MapperExtrasModulePlugin", ""),
    "parent-join": ("org.opensearch.join.ParentJoinModulePlugin", ""),
    "reindex": ("org.opensearch.index.reindex.ReindexModulePlugin", ""),
    "search-pipeline-common": (
        "org.opensearch.search.pipeline.common.SearchPipelineCommonModulePlugin",
        "lang-painless",
    ),
    "transport-grpc": ("org.opensearch.transport.grpc.GrpcPlugin", ""),
    "transport-netty4": ("org.opensearch.transport.Netty4ModulePlugin", ""),
}
DESCRIPTOR = """\
name={name}
description={name}
version={version}
opensearch.version={version}
java.version=21
classname={classname}
extended.plugins={extends}
has.native.controller=false
"""

PARALLEL_DOWNLOADS = 8
RETRY_PAUSES_S = (1.0, 4.0)

Report = Callable[[str], None]


class Artifact(NamedTuple):
    """One line of the manifest: a file in Maven Central and the folder of the home that it belongs to."""

    folder: str
    coordinate: str  # group:artifact:version, or group:artifact:packaging:version when it is not a jar
    sha256: str


Resolve = Callable[[Artifact, Path], Path]


def read_manifest(manifest: Path = MANIFEST) -> list[Artifact]:
    """The artifacts of a manifest: tab-separated folder, coordinate and SHA-256, one artifact per line."""
    return [Artifact(*line.split("\t")) for line in manifest.read_text().splitlines()]


def from_maven_central(artifact: Artifact, repository: Path, pauses_s: Sequence[float] = RETRY_PAUSES_S) -> Path:
    """The artifact's file in `repository`, a local Maven repository, downloaded when it is not there yet.

    Raises LocalStackError when Maven Central cannot be reached or does not have it, also after the last pause.
    """
    group, name, *packaging, version = artifact.coordinate.split(":")
    component = MavenContext(repo_cache=repository, timeout=30).project(group, name).at_version(version)
    file = component.artifact(packaging=packaging[0] if packaging else "jar")
    for pause_s in (*pauses_s, None):
        try:
            return file.resolve()
        # requests' errors are OSErrors; a status other than 200 becomes a RuntimeError in jgo.
        except (OSError, RuntimeError) as exc:
            if pause_s is None:
                raise LocalStackError(
                    f"Could not fetch {artifact.coordinate} from Maven Central: {exc}\n"
                    "Check the network (or the proxy in HTTPS_PROXY) and run the same command again; "
                    "what was already fetched is kept."
                ) from exc
            time.sleep(pause_s)
    raise AssertionError("unreachable: the last attempt returns or raises")


def install(
    cache_dir: Path | None = None,
    report: Report = lambda _line: None,
    *,
    manifest: Path = MANIFEST,
    resolve: Resolve = from_maven_central,
) -> Path:
    """Lay out an OpenSearch home (lib/, modules/, plugins/) below `cache_dir` and return its path.

    A complete home is returned at once. Otherwise it is built aside and renamed when every file is there and matches
    its SHA-256, so a home that exists is complete. Of several processes one installs and the others wait for it.
    `cache_dir` defaults to Alto's folder in the user's cache; Maven's local repository is in it while installing.

    Raises LocalStackError when a file cannot be fetched or does not match its SHA-256.
    """
    cache_dir = cache_dir or platformdirs.user_cache_path("alto")
    # A changed manifest or module table is another home: an old one is never mistaken for it.
    digest = hashlib.sha256(manifest.read_bytes() + repr((MODULES, DESCRIPTOR)).encode()).hexdigest()[:8]
    home = cache_dir / f"opensearch-{VERSION}-{digest}"
    if home.exists():
        return home
    cache_dir.mkdir(parents=True, exist_ok=True)
    with _only_one_process(cache_dir / "opensearch.lock", report):
        if not home.exists():
            _build(home, cache_dir / "maven-repository", read_manifest(manifest), resolve, report)
    return home


@contextmanager
def _only_one_process(lock: Path, report: Report) -> Iterator[None]:
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("OpenSearch is being installed by another process: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(home: Path, repository: Path, artifacts: list[Artifact], resolve: Resolve, report: Report) -> None:
    started = time.monotonic()
    staging = home.with_name(f"{home.name}.partial")
    shutil.rmtree(staging, ignore_errors=True)
    report(f"OpenSearch {VERSION}: fetching {len(artifacts)} files from Maven Central")
    place = partial(_place, repository=repository, staging=staging, resolve=resolve)
    # Not an executor: it runs its whole queue before it lets the interpreter exit, also after Ctrl-C.
    with ThreadPool(PARALLEL_DOWNLOADS) as pool:
        for count, _ in enumerate(pool.imap_unordered(place, artifacts), 1):
            if count % 25 == 0:
                report(f"OpenSearch {VERSION}: {count} of {len(artifacts)} files")
    (staging / "bin").mkdir()  # the server insists on this folder
    for name, (classname, extends) in MODULES.items():
        descriptor = DESCRIPTOR.format(name=name, version=VERSION, classname=classname, extends=extends)
        (staging / "modules" / name).mkdir(parents=True, exist_ok=True)
        (staging / "modules" / name / "plugin-descriptor.properties").write_text(descriptor)
    staging.rename(home)
    shutil.rmtree(repository, ignore_errors=True)  # its files are in the home now
    report(f"OpenSearch {VERSION}: installed in {time.monotonic() - started:.0f} s")


def _place(artifact: Artifact, *, repository: Path, staging: Path, resolve: Resolve) -> None:
    file = _verified(artifact, repository, resolve)
    folder = staging / artifact.folder
    folder.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as archive:
            archive.extractall(folder)
    else:
        shutil.copyfile(file, folder / file.name)


def _verified(artifact: Artifact, repository: Path, resolve: Resolve) -> Path:
    # The second attempt is for a file that an interrupted download left truncated in the repository.
    for _attempt in range(2):
        file = resolve(artifact, repository)
        with file.open("rb") as handle:
            found = hashlib.file_digest(handle, "sha256").hexdigest()
        if found == artifact.sha256:
            return file
        file.unlink()
    raise LocalStackError(
        f"{artifact.coordinate} from Maven Central has SHA-256 {found}, but {artifact.sha256} is expected.\n"
        "It was not installed. If a proxy rewrites downloads, go around it; otherwise report it: the file was changed."
    )
