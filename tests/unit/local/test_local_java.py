"""Which Java runs OpenSearch."""

from pathlib import Path

import pytest

from local.errors import LocalStackError
from local.opensearch.java import find_java
from local.opensearch.node import OpenSearchNode


def make_java(home: Path, version: str, modules: str = "java.base") -> dict[str, str]:
    home.mkdir(exist_ok=True)
    (home / "release").write_text(f'IMPLEMENTOR="A"\nJAVA_VERSION="{version}"\nMODULES="{modules}"\n')
    return {"ALTO_JAVA_HOME": str(home)}


@pytest.mark.parametrize("environment", [{}, {"ALTO_JAVA_HOME": ""}])
def test_the_java_of_the_package_runs_unless_another_is_named(environment: dict[str, str]) -> None:
    java = find_java(environment)

    assert java.program.exists()


def test_a_java_that_is_named_compares_vectors_by_its_module(tmp_path: Path) -> None:
    java = find_java(make_java(tmp_path, "21.0.13", "java.base jdk.incubator.vector java.sql"))

    assert (java.program, java.vector_options) == (tmp_path / "bin/java", ["--add-modules=jdk.incubator.vector"])
    assert str(java) == "Java 21.0.13 with the vector module"


def test_a_java_without_the_module_runs_without_it(tmp_path: Path) -> None:
    java = find_java(make_java(tmp_path, "25"))

    assert java.vector_options == []
    assert str(java) == "Java 25 without the vector module"


def test_a_java_that_is_too_old_is_named_with_its_version(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match=r"ALTO_JAVA_HOME is '.*', which is Java 17\.0\.2, .* needs 21"):
        find_java(make_java(tmp_path, "17.0.2"))


def test_a_folder_that_is_no_java_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match=f"ALTO_JAVA_HOME is '{tmp_path}', which is not the folder of a Java"):
        find_java({"ALTO_JAVA_HOME": str(tmp_path)})


def test_only_a_node_with_the_optimizing_compiler_has_the_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALTO_JAVA_HOME", make_java(tmp_path, "25", "jdk.incubator.vector")["ALTO_JAVA_HOME"])

    def options(*, optimized: bool) -> set[str]:
        node = OpenSearchNode(tmp_path, tmp_path / "node", optimized=optimized)
        return {"--add-modules=jdk.incubator.vector", "-XX:TieredStopAtLevel=1"} & set(node.command)

    assert options(optimized=True) == {"--add-modules=jdk.incubator.vector"}
    assert options(optimized=False) == {"-XX:TieredStopAtLevel=1"}
