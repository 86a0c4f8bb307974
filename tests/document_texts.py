"""Texts for documents."""

from benchmarks.documents.files import Section, Text

SHORT = Text(
    "A pump", [Section("Care", ["Clean it every week.", "Never open it."]), Section("Parts", ["Nine screws."])]
)
