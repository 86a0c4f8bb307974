"""Weaviate's `object_ttl_config` as Alto's `expiry`."""

from datetime import timedelta
from typing import Any

import pytest

from alto.classes.config import Configure, Reconfigure
from alto.classes.expiry import ObjectTTLConfig, ObjectTTLOptions, stored_expiry
from alto.errors import AltoConfigurationError
from alto.operations import collections
from alto.operations.weaviate_json import from_weaviate
from alto.requests import Operation


def body(operation: Operation[Any]) -> Any:
    return operation.request.body


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (Configure.ObjectTTL.delete_by_update_time(3600), {"property": "_updated", "after": "3600s"}),
        (
            Configure.ObjectTTL.delete_by_creation_time(timedelta(days=30)),
            {"property": "_created", "after": "2592000s"},
        ),
        (Configure.ObjectTTL.delete_by_date_property("until"), {"property": "until"}),
        (Configure.ObjectTTL.delete_by_date_property("Until", 0, True), {"property": "until"}),
        (Reconfigure.ObjectTTL.delete_by_date_property("until", 60), {"property": "until", "after": "60s"}),
        (Reconfigure.ObjectTTL.disable(), None),
    ],
)
def test_weaviates_options_are_the_setting(options: ObjectTTLOptions, expected: dict[str, str] | None) -> None:
    assert options.expiry == expected


@pytest.mark.parametrize("lifetime", [0, -5, 1.5, True, timedelta(milliseconds=1500)])
def test_a_lifetime_is_whole_seconds(lifetime: Any) -> None:
    with pytest.raises(AltoConfigurationError, match="time_to_live: expected whole seconds"):
        Configure.ObjectTTL.delete_by_update_time(lifetime)


def test_what_has_expired_cannot_be_shown() -> None:
    with pytest.raises(AltoConfigurationError, match="filter_expired_objects: is False"):
        Configure.ObjectTTL.delete_by_update_time(60, filter_expired_objects=False)


@pytest.mark.parametrize(
    ("expiry", "expected"),
    [
        (None, None),
        ({"property": "until"}, ObjectTTLConfig(True, None, True, "until")),
        ({"property": "_updated", "after": "2w"}, ObjectTTLConfig(True, timedelta(days=14), True, "updateTime")),
        ({"property": "_created", "after": "90m"}, ObjectTTLConfig(True, timedelta(minutes=90), True, "creationTime")),
    ],
)
def test_the_stored_setting_has_weaviates_names(
    expiry: dict[str, str] | None, expected: ObjectTTLConfig | None
) -> None:
    assert stored_expiry(expiry) == expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"enabled": True, "defaultTtl": 60, "deleteOn": "_creationTimeUnix"},
            {"property": "_created", "after": "60s"},
        ),
        (
            {"enabled": True, "defaultTtl": 60, "deleteOn": "_lastUpdateTimeUnix"},
            {"property": "_updated", "after": "60s"},
        ),
        ({"enabled": True, "deleteOn": "Until"}, {"property": "until"}),
        ({"enabled": False, "deleteOn": "Until"}, None),
        (None, None),
    ],
)
def test_weaviates_json_keeps_its_expiry(config: Any, expected: dict[str, str] | None) -> None:
    assert from_weaviate({"class": "Film", "objectTtlConfig": config}).get("expiry") == expected


def test_a_change_sets_removes_or_keeps_expiry() -> None:
    def change(options: ObjectTTLOptions | None) -> Any:
        given = dict.fromkeys(("description", "auto_schema", "replicas", "refresh_seconds"))
        return body(collections.update("Film", **given, expiry=options))

    assert change(Reconfigure.ObjectTTL.delete_by_date_property("until")) == {"expiry": {"property": "until"}}
    assert change(Reconfigure.ObjectTTL.disable()) == {"expiry": None}
    assert change(None) == {}
