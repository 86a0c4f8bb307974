"""When objects expire: Weaviate's `object_ttl_config`, as Alto's setting `expiry`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from alto.errors import AltoConfigurationError

# What Weaviate calls the times that the server keeps of each object.
SERVER_TIMES = {"_creationTimeUnix": "_created", "_lastUpdateTimeUnix": "_updated"}
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class ObjectTTLOptions:
    """When objects expire, as the API takes it. None: they stay until they are deleted."""

    expiry: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class ObjectTTLConfig:
    """When objects expire, as it is stored.

    Attributes:
        enabled: Always true: the collection has none otherwise.
        time_to_live: How long after the date an object expires; None: at the date itself.
        filter_expired_objects: Always true: what has expired is hidden at once.
        delete_on: `creationTime`, `updateTime` or the name of the property.
    """

    enabled: bool
    time_to_live: timedelta | None
    filter_expired_objects: bool
    delete_on: str


class ObjectTTL:
    """`Configure.ObjectTTL`: objects expire by a date of each. They are hidden at once, and removed by a schedule."""

    @staticmethod
    def delete_by_update_time(
        time_to_live: int | timedelta, filter_expired_objects: bool | None = None
    ) -> ObjectTTLOptions:
        """Objects expire some time after they were last written.

        Args:
            time_to_live: The seconds from then on, or a `timedelta`.
            filter_expired_objects: True, as without it; Alto always hides what has expired.
        """
        return _options("_updated", "time_to_live", time_to_live, filter_expired_objects)

    @staticmethod
    def delete_by_creation_time(
        time_to_live: int | timedelta, filter_expired_objects: bool | None = None
    ) -> ObjectTTLOptions:
        """Objects expire some time after they were first written.

        Args:
            time_to_live: The seconds from then on, or a `timedelta`.
            filter_expired_objects: True, as without it; Alto always hides what has expired.
        """
        return _options("_created", "time_to_live", time_to_live, filter_expired_objects)

    @staticmethod
    def delete_by_date_property(
        property_name: str, ttl_offset: int | timedelta | None = None, filter_expired_objects: bool | None = None
    ) -> ObjectTTLOptions:
        """Objects expire at the date that a property has, or some time after it.

        Args:
            property_name: A property of `DataType.DATE`. An object without a value never expires.
            ttl_offset: The seconds after that date, or a `timedelta`.
            filter_expired_objects: True, as without it; Alto always hides what has expired.
        """
        name = property_name[:1].lower() + property_name[1:]
        return _options(name, "ttl_offset", ttl_offset or None, filter_expired_objects)


class ObjectTTLUpdate(ObjectTTL):
    """`Reconfigure.ObjectTTL`."""

    @staticmethod
    def disable() -> ObjectTTLOptions:
        """Objects stay until they are deleted; those that have expired and are not removed yet are found again."""
        return ObjectTTLOptions(None)


def stored_expiry(expiry: Mapping[str, str] | None) -> ObjectTTLConfig | None:
    """A stored setting under Weaviate's names."""
    if not expiry:
        return None
    after = expiry.get("after")
    names = {"_created": "creationTime", "_updated": "updateTime"}
    return ObjectTTLConfig(
        enabled=True,
        time_to_live=None if after is None else timedelta(seconds=int(after[:-1]) * _SECONDS[after[-1]]),
        filter_expired_objects=True,
        delete_on=names.get(expiry["property"], expiry["property"]),
    )


def expiry_from_weaviate(config: Mapping[str, Any] | None) -> dict[str, str] | None:
    """The setting of Weaviate's JSON."""
    if not config or not config.get("enabled"):
        return None
    on, seconds = config.get("deleteOn") or "_creationTimeUnix", config.get("defaultTtl")
    name = SERVER_TIMES.get(on) or on[:1].lower() + on[1:]
    return _options(name, "objectTtlConfig.defaultTtl", seconds or None, None).expiry


def _options(
    name: str, argument: str, lifetime: int | timedelta | None, filter_expired_objects: bool | None
) -> ObjectTTLOptions:
    if filter_expired_objects is False:
        raise AltoConfigurationError(
            "filter_expired_objects: is False, and Alto hides objects as soon as they expire: leave it out"
        )
    if lifetime is None:
        return ObjectTTLOptions({"property": name})
    seconds = lifetime.total_seconds() if isinstance(lifetime, timedelta) else lifetime
    if isinstance(lifetime, bool) or seconds < 1 or seconds != int(seconds):
        raise AltoConfigurationError(
            f"{argument}: expected whole seconds from 1 on or a timedelta of them, got {lifetime!r:.80}"
        )
    return ObjectTTLOptions({"property": name, "after": f"{int(seconds)}s"})
