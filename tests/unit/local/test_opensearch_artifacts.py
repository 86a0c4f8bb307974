"""How an OpenSearch home gets into the cache, with files from a folder in place of Maven Central."""

import hashlib
import re
import threading
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from local.errors import LocalStackError
from local.opensearch.artifacts import MODULES, Artifact, from_maven_central, install, read_manifest

JAR = "org.example:server:1.0"
ZIP = "org.example:plugin:zip:1.0"


class Central:
    """Serves files by coordinate, into the local repository as Maven does, and counts what it is asked for."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.downloads: Counter[str] = Counter()
        self.before_download: Callable[[], object] = lambda: None

    def __call__(self, artifact: Artifact, repository: Path) -> Path:
        suffix = "zip" if ":zip:" in artifact.coordinate else "jar"
        file = repository / f"{artifact.coordinate.split(':')[1]}.{suffix}"
        if not file.exists():
            self.before_download()
            self.downloads[artifact.coordinate] += 1
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self.files[artifact.coordinate])
        return file


@pytest.fixture
def central(tmp_path: Path) -> Central:
    archive = tmp_path / "plugin.zip"
    with zipfile.ZipFile(archive, "w") as plugin:
        plugin.writestr("plugin-descriptor.properties", "name=plugin")
    return Central({JAR: b"the server", ZIP: archive.read_bytes()})


@pytest.fixture
def manifest(tmp_path: Path, central: Central) -> Path:
    lines = [
        f"{folder}\t{coordinate}\t{hashlib.sha256(central.files[coordinate]).hexdigest()}\n"
        for folder, coordinate in (("lib", JAR), ("plugins/plugin", ZIP))
    ]
    file = tmp_path / "artifacts.tsv"
    file.write_text("".join(lines))
    return file


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_the_committed_manifest_names_every_file_once_with_its_checksum() -> None:
    artifacts = read_manifest()

    assert len(artifacts) == len({artifact.coordinate for artifact in artifacts}) == 112
    assert all(re.fullmatch("[0-9a-f]{64}", artifact.sha256) for artifact in artifacts)


def test_the_committed_manifest_is_complete() -> None:
    plugins = {"plugins/opensearch-knn", "plugins/opensearch-neural-search"}

    assert {artifact.folder for artifact in read_manifest()} == {
        "lib",
        *(f"modules/{name}" for name in MODULES),
        *plugins,
    }


def test_jars_are_placed_and_plugins_unpacked(central: Central, manifest: Path, cache: Path) -> None:
    home = install(cache, manifest=manifest, resolve=central)

    assert (home / "lib" / "server.jar").read_bytes() == b"the server"
    assert (home / "plugins" / "plugin" / "plugin-descriptor.properties").read_text() == "name=plugin"


def test_modules_get_the_descriptor_that_their_jars_lack(central: Central, manifest: Path, cache: Path) -> None:
    home = install(cache, manifest=manifest, resolve=central)

    descriptor = (home / "modules" / "ingest-common" / "plugin-descriptor.properties").read_text()
    assert "classname=org.opensearch.ingest.common.IngestCommonModulePlugin\n" in descriptor
    assert "extended.plugins=lang-painless\n" in descriptor


def test_nothing_but_the_home_and_the_lock_stays_in_the_cache(central: Central, manifest: Path, cache: Path) -> None:
    home = install(cache, manifest=manifest, resolve=central)

    assert {path.name for path in cache.iterdir()} == {home.name, "opensearch.lock"}


def test_a_complete_home_is_returned_without_fetching(central: Central, manifest: Path, cache: Path) -> None:
    home = install(cache, manifest=manifest, resolve=central)

    assert install(cache, manifest=manifest, resolve=central) == home
    assert central.downloads == {JAR: 1, ZIP: 1}


def test_a_changed_manifest_is_another_home(central: Central, manifest: Path, cache: Path) -> None:
    home = install(cache, manifest=manifest, resolve=central)
    manifest.write_text(manifest.read_text().replace("lib\t", "library\t"))

    assert install(cache, manifest=manifest, resolve=central) != home


def test_a_file_with_another_checksum_is_refused_by_name(central: Central, manifest: Path, cache: Path) -> None:
    central.files[JAR] = b"something else"

    with pytest.raises(LocalStackError, match=f"{JAR} from Maven Central has SHA-256 [0-9a-f]+, but [0-9a-f]+ is expe"):
        install(cache, manifest=manifest, resolve=central)

    assert not list(cache.glob("opensearch-*[0-9a-f]"))


def test_a_file_that_an_interrupted_download_truncated_is_fetched_again(
    central: Central, manifest: Path, cache: Path
) -> None:
    truncated = cache / "maven-repository" / "server.jar"
    truncated.parent.mkdir(parents=True)
    truncated.write_bytes(b"the")

    home = install(cache, manifest=manifest, resolve=central)

    assert (home / "lib" / "server.jar").read_bytes() == b"the server"


def test_a_failed_download_leaves_no_home_and_the_next_attempt_completes_it(
    central: Central, manifest: Path, cache: Path
) -> None:
    def fail() -> None:
        raise LocalStackError("no network")

    central.before_download = fail
    with pytest.raises(LocalStackError, match="no network"):
        install(cache, manifest=manifest, resolve=central)
    assert not list(cache.glob("opensearch-*[0-9a-f]"))

    central.before_download = lambda: None
    assert (install(cache, manifest=manifest, resolve=central) / "lib" / "server.jar").exists()


def test_of_two_at_once_one_installs_and_the_other_waits(central: Central, manifest: Path, cache: Path) -> None:
    downloading, other_waits = threading.Event(), threading.Event()

    def hold_until_the_other_waits() -> None:
        downloading.set()
        assert other_waits.wait(10)

    central.before_download = hold_until_the_other_waits
    first = threading.Thread(target=lambda: install(cache, manifest=manifest, resolve=central))
    first.start()
    assert downloading.wait(10)

    said: list[str] = []

    def report(line: str) -> None:
        said.append(line)
        other_waits.set()

    install(cache, report, manifest=manifest, resolve=central)
    first.join()

    assert said == ["OpenSearch is being installed by another process: waiting for it"]
    assert central.downloads == {JAR: 1, ZIP: 1}


@pytest.mark.filterwarnings("ignore:A test tried to use socket")  # pytest-socket is the missing network
def test_without_a_network_the_error_names_the_file_and_the_remedy(tmp_path: Path) -> None:
    artifact = Artifact("lib", "org.opensearch:opensearch:3.6.0", "0" * 64)

    with pytest.raises(
        LocalStackError, match=r"(?s)Could not fetch org\.opensearch:opensearch:3\.6\.0 .*Check the network"
    ):
        from_maven_central(artifact, tmp_path, pauses_s=())
