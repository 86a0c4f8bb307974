"""From a document that was read to the objects that are stored: one for each passage. Pure."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from lambdas.collections.model import Collection
from lambdas.document_imports.stored_documents import StoredDocument
from lambdas.documents.chunking import cut
from lambdas.documents.names import passage_id
from lambdas.documents.settings import PASSAGE_PROPERTIES, DocumentSettings
from lambdas.errors import UnreadableDocumentError
from lambdas.objects.model import ObjectInput, parse_object

MAX_PASSAGES = 20_000
VERSION_DIGITS = 32


def passages_of(
    collection: Collection, settings: DocumentSettings, document: StoredDocument, given: Mapping[str, Any]
) -> list[ObjectInput]:
    """Return the passages of a document as objects. `given` are the metadata of its upload.

    Their ids follow from the document's name and content, so that the same document is the same objects. Raises
    `UnreadableDocumentError` if it could not be read, has too many passages, or metadata that the collection lacks.
    """
    if document.error is not None:
        raise UnreadableDocumentError(f"{document.name}: {document.error}")
    fields = _kept(collection, settings, document, {**given, **document.metadata})
    passages = cut(document.blocks, settings)
    if not passages:
        raise UnreadableDocumentError(f"{document.name}: The document has no text.")
    if len(passages) > MAX_PASSAGES:
        problem = f"The document has {len(passages):,} passages, and the limit is {MAX_PASSAGES:,}: split it"
        raise UnreadableDocumentError(f"{document.name}: {problem}, or choose a larger 'size'.")
    made: list[dict[str, Any]] = []
    for ordinal, passage in enumerate(passages):
        properties = {
            **fields,
            "title": fields.get("title") or document.title,
            settings.property: passage.text,
            "document": document.name,
            "heading": passage.heading,
            "page": passage.page or None,
            "ordinal": ordinal,
            "source": document.source,
            "links": list(passage.links),
        }
        made.append({name: value for name, value in properties.items() if value not in (None, "", [])})
    version = version_of(made)
    return [
        parse_object(
            {"properties": properties | {"document_version": version}},
            collection.name,
            default_id=passage_id(collection.alias, document.name, version, properties["ordinal"]),
        )
        for properties in made
    ]


def version_of(passages: list[dict[str, Any]]) -> str:
    """Return the version of a document: another one if any property of any passage is another."""
    content = orjson.dumps(passages, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(content).hexdigest()[:VERSION_DIGITS]


def _kept(
    collection: Collection, settings: DocumentSettings, document: StoredDocument, metadata: Mapping[str, Any]
) -> dict[str, Any]:
    """The metadata that passages keep. Raises `UnreadableDocumentError` for a field that is not a property."""
    kept: dict[str, Any] = {}
    for name, value in metadata.items():
        if settings.metadata is not None and name not in settings.metadata:
            continue
        if name == settings.property or (name in PASSAGE_PROPERTIES and name != "title"):
            raise UnreadableDocumentError(
                f"{document.name}: its metadata have '{name}', which each passage has for another purpose: "
                "rename it, or name the fields to keep in documents.metadata."
            )
        if collection.property_named(name) is None and not collection.auto_schema:
            raise UnreadableDocumentError(
                f"{document.name}: its metadata have '{name}', which is not a property of '{collection.name}': "
                "add it, or name the fields to keep in documents.metadata."
            )
        kept[name] = value
    return kept
