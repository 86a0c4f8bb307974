"""Applies a patch to a stored object. Pure."""

from collections.abc import Mapping
from typing import Any

from lambdas.objects.bulk import version_of
from lambdas.objects.model import ObjectInput, ObjectPatch, parse_object
from lambdas.objects.values import normalize


def with_properties(found: Mapping[str, Any], properties: dict[str, Any]) -> ObjectInput:
    """Return the stored object with these properties, as `apply_patch` does."""
    source = found["_source"]
    hashes = source.get("text_hash", {})
    return ObjectInput(
        id=found["_id"],
        properties=properties,
        vectors={name: vector for name, vector in source.get("vectors", {}).items() if name not in hashes},
        if_version=version_of(found),
        key=source.get("key"),
    )


def apply_patch(found: Mapping[str, Any], patch: ObjectPatch, collection: str) -> ObjectInput:
    """Return the patched object, to be stored only if the stored one still has the version that was read.

    `found` is the document with `vectors` and `text_hash`. A vector that was made from text has a hash: it is left out,
    and the writer makes it again if the text changed. A vector that the caller sent is kept until another is sent.
    """
    change = parse_object(patch.model_dump(), collection)
    merged = with_properties(found, patch_properties(found["_source"].get("properties", {}), patch.properties))
    return merged._replace(vectors=merged.vectors | change.vectors)


def patch_properties(stored: Mapping[str, Any], patch: Mapping[str, Any], *, whole: bool = False) -> dict[str, Any]:
    """Return the properties after a patch. With `whole`, each of its values replaces the stored one as a whole."""
    changed: dict[str, Any] = normalize({**stored, **patch} if whole else merge_patch(stored, patch))
    return changed


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2: objects are merged, null removes, everything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
