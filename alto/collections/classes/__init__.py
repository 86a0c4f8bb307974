"""Weaviate's modules of classes, whose names programs import for annotations. New ones import `alto.classes`."""
