"""Auto-schema: derives properties from the values of objects. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import OBJECT_TYPES, NestedProperty, Property, PropertyBase, property_paths
from lambdas.errors import AltoError, ErrorDetail, InvalidObjectError, abbreviate
from lambdas.objects.values import GEO_FIELDS, is_date, is_number, is_uuid

# A collection never loses a property, and has at most 500. Data whose names are values (`{"views": {"<id>": 3}}`) would
# fill it with one batch.
MAX_NEW_PROPERTIES = 200


def extend_for_objects[C: CollectionConfig](
    collection: C, objects: Sequence[Mapping[str, Any]]
) -> tuple[C, dict[int, AltoError]]:
    """Return the collection with a property for each unknown value of the objects, and the errors by their place.

    If there are more than `MAX_NEW_PROPERTIES`, it stays as it is, and each object that has some is an error.
    """
    extended, growing, errors = collection, list[int](), dict[int, AltoError]()
    for place, values in enumerate(objects):
        before = extended
        try:
            extended = with_new_properties(before, values)
        except AltoError as error:
            errors[place] = error
        if extended is not before:
            growing.append(place)
    count = _count_properties(extended) - _count_properties(collection)
    if count <= MAX_NEW_PROPERTIES:
        return extended, errors
    problem = (
        f"the objects of this request have {count:,} properties that '{collection.name}' lacks, and auto_schema adds "
        f"at most {MAX_NEW_PROPERTIES} at once: describe them in the collection, or store names that are values as "
        "values"
    )
    return collection, errors | {place: InvalidObjectError.at("properties", problem) for place in growing}


def _count_properties(collection: CollectionConfig) -> int:
    return sum(1 for _ in property_paths(collection.properties))


def with_new_properties[C: CollectionConfig](collection: C, values: Mapping[str, Any]) -> C:
    """Return the collection with a property for each unknown value; itself if nothing is new.

    Text that is a date or a UUID becomes one; a number is always `number`, because the next one may have a fraction.
    Raises `InvalidObjectError` for a name that no property can have and a value whose type is ambiguous.
    """
    try:
        properties = _extend(Property, collection.properties, values, "properties.")
        if properties == collection.properties:
            return collection
        checked = collection.model_dump() | {"properties": [item.model_dump() for item in properties]}
        return type(collection).model_validate(checked)
    except ValidationError as error:
        problem = error.errors()[0]
        raise InvalidObjectError(
            f"The object's properties cannot be added to the collection '{collection.name}': {problem['msg']}."
        ) from None


def _extend[P: PropertyBase](kind: type[P], properties: Sequence[P], values: Mapping[str, Any], prefix: str) -> list[P]:
    known = {item.name: item for item in properties}
    for name, value in values.items():
        if value is None:
            continue
        item = known.get(name)
        path = f"{prefix}{name}"
        if item is None:
            _check_spelling(name, known, path)
        known[name] = _describe(kind, name, value, path) if item is None else _add_nested(item, value, path)
    return list(known.values())


def _check_spelling(name: str, known: Mapping[str, object], path: str) -> None:
    """Reject a second property whose name is that of a known one with another first letter: it is hardly meant."""
    twin = name[:1].swapcase() + name[1:]
    if twin != name and twin in known:
        problem = f"differs from the property '{twin}' only in the case of its first letter: write '{twin}'"
        raise InvalidObjectError.at(path, problem)


# What a list of several types is a list of.
WIDER_TYPES = (({"text", "date", "uuid"}, "text"), ({"int", "number"}, "number"))


def _add_nested[P: PropertyBase](item: P, value: Any, path: str) -> P:
    """Return the object property with its missing nested properties added."""
    if item.type not in OBJECT_TYPES:
        return item
    nested = list(item.properties or ())
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            nested = _extend(NestedProperty, nested, each, f"{path}.")
    return item.model_copy(update={"properties": nested})


def _widen(types: set[str], path: str) -> str:
    for narrower, wider in WIDER_TYPES:
        if types <= narrower:
            return wider
    raise _ambiguous_type(path, "the items of the list have several types: send items of one type")


def _describe[P: PropertyBase](kind: type[P], name: str, value: Any, path: str) -> P:
    if isinstance(value, list):
        types = {_scalar_type(each, path) for each in value}
        if not types:
            raise _ambiguous_type(
                path, "an empty list has no type: describe the property in the collection, or leave it out"
            )
        scalar = types.pop() if len(types) == 1 else _widen(types, path)
        if scalar == "geo":
            raise _ambiguous_type(path, "lists of places are not supported: send one place, or a list of objects")
        kind_of_value = f"{scalar}[]"
    else:
        kind_of_value = _scalar_type(value, path)
    nested: list[NestedProperty] | None = None
    if kind_of_value in OBJECT_TYPES:
        nested = []
        for each in value if isinstance(value, list) else [value]:
            nested = _extend(NestedProperty, nested, each, f"{path}.")
        if not nested:
            raise _ambiguous_type(
                path, "an empty object has no properties: describe it in the collection, or leave it out"
            )
    return kind.model_validate(
        {"name": name, "type": kind_of_value, "properties": [item.model_dump() for item in nested] if nested else None}
    )


def _scalar_type(value: Any, path: str) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float() if is_number(value):
            return "number"
        case str():
            return "date" if is_date(value) else "uuid" if is_uuid(value) else "text"
        case dict():
            return "geo" if value.keys() == GEO_FIELDS.keys() else "object"
        case _:
            raise _ambiguous_type(
                path, f"no type of property fits {abbreviate(value)}: send text, a number, true, false or an object"
            )


def _ambiguous_type(path: str, problem: str) -> InvalidObjectError:
    return InvalidObjectError(f"'{path}' cannot be added: {problem}.", [ErrorDetail(path, problem)])
