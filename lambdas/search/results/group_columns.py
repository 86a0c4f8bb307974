"""Groups of hits by a column of the index, so that only the documents that are shown are read. Pure.

Where the index has a column of the property, the groups are formed by it, and the documents of their best hits alone
are read. See docs/decisions/0084.
"""

from collections.abc import Mapping, Sequence

from lambdas.collections.index_body import length_field
from lambdas.collections.model import Collection
from lambdas.collections.properties import property_at
from lambdas.search.request import SearchRequest
from lambdas.search.results.candidate import Candidate
from lambdas.search.results.grouping import Group, GroupHits, form_groups, read_group_value
from lambdas.search.results.page_choice import finds_by_columns

# Steps and settings that read the documents of all candidates.
READ_DOCUMENTS = ("smoothing", "rerank", "diversity", "autocut", "context")


def list_group_columns(collection: Collection, request: SearchRequest) -> list[str]:
    """Return the columns by which hits are grouped; none if the documents of all candidates have to be read."""
    group_by = request.group_by
    if group_by is None or any(getattr(request, name) is not None for name in READ_DOCUMENTS):
        return []
    if not finds_by_columns(collection, request):
        return []
    path = group_by.property
    item = property_at(collection.properties, path)
    # A column writes a date by the year of UTC, which may have five digits. Lists of objects have no lengths of texts.
    if item is None or not item.filterable or item.scalar_type == "date" or "." in path:
        return []
    if not item.is_text:
        return [f"properties.{path}"]
    return [f"properties.{path}.keyword", f"lengths.{length_field(path)}"]


def group_by_columns(found: Sequence[Candidate], collection: Collection, group_by: GroupHits) -> list[Group] | None:
    """Return the groups of a page, with candidates that have no documents. None if a column lacks a value."""
    item = property_at(collection.properties, group_by.property)
    assert item is not None  # it has columns
    path, is_text, is_list = group_by.property, item.is_text, item.is_list
    column, length = f"properties.{path}", f"lengths.{length_field(path)}"
    if is_text:
        column += ".keyword"
    valued = []
    for hit in found[: group_by.candidates]:
        fields = hit.found.get("fields", {})
        values = fields.get(column, [])
        if is_text and len(values) != _count_texts(fields.get(length), is_list=is_list):
            return None
        valued.append((hit, values))
    return form_groups(valued, collection, group_by)


def _count_texts(length: list[int] | None, *, is_list: bool) -> int:
    """Return how many texts a hit has. Its column may have others: long texts have none, repeated texts only one."""
    if length is None:
        return 0
    return length[0] if is_list else 1


def add_documents_to_groups(
    groups: Sequence[Group], read: Mapping[str, Candidate], collection: Collection, group_by: GroupHits
) -> list[Group]:
    """Replace the hits of groups by those with documents, and the value by that of the best hit's document.

    Hits that were deleted in between are left out, and so are groups of which none is left.
    """
    completed = []
    for group in groups:
        objects = [read[hit.id] for hit in group.objects if hit.id in read]
        if objects:
            value = read_group_value(objects[0], collection, group_by, group.value)
            completed.append(group._replace(objects=objects, value=value))
    return completed
