"""Checks of what OpenSearch Service offers in the region: engine, instance types and their limits."""

from collections.abc import Iterator
from typing import Any

from infra.deployment.deployment import Clients
from infra.deployment.findings import ERROR, OK, Finding, all_pages
from infra.settings.settings import ENGINE_VERSION, Settings


def engine(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """The engine version, and the instance types for it."""
    size = settings.domain
    if settings.existing_domain_url or not size:
        return
    opensearch = clients("opensearch", settings.region)
    wanted = f"OpenSearch_{ENGINE_VERSION}"
    versions = all_pages(opensearch.list_versions, "Versions")
    if wanted not in versions:
        newest = next((version for version in versions if version.startswith("OpenSearch_")), "none")
        yield Finding(ERROR, f"{settings.region} does not offer {wanted} (newest: {newest}). Choose another 'region'.")
        return
    details = all_pages(opensearch.list_instance_type_details, "InstanceTypeDetails", EngineVersion=wanted)
    offered = {each["InstanceType"] for each in details}
    types = {"domain.instance_type": size.instance_type}
    if size.dedicated_managers:
        types["domain.manager_instance_type"] = size.manager_instance_type
    missing = {name: kind for name, kind in types.items() if kind not in offered}
    for name, kind in missing.items():
        yield Finding(ERROR, f"{settings.region} does not offer {kind} for {wanted}. Change '{name}'.")
    if not missing:
        yield Finding(OK, f"engine: {wanted} on {', '.join(types.values())} is offered in {settings.region}")


def limits(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """The service's limits of the instance types: volume, number of data nodes, and whether they can be managers."""
    size = settings.domain
    if settings.existing_domain_url or not size:
        return
    data = _limits_of(clients, settings, size.instance_type).get("data", {})
    largest = [
        int(limit["LimitValues"][0])
        for kind in data.get("StorageTypes", [])
        if kind["StorageTypeName"] == "ebs" and kind.get("StorageSubTypeName") == "gp3"
        for limit in kind["StorageTypeLimits"]
        if limit["LimitName"] == "MaximumVolumeSize"
    ]
    most = [
        int(limit["LimitValues"][0])
        for limit in data.get("AdditionalLimits", [])
        if limit["LimitName"] == "MaximumNumberOfDataNodesSupported"
    ]
    if largest and size.volume_gib > largest[0]:
        yield Finding(
            ERROR,
            f"Setting 'domain.volume_gib' is {size.volume_gib}: {size.instance_type} takes at most {largest[0]}. Write "
            "less, or choose a larger 'domain.instance_type'.",
        )
    elif largest:
        yield Finding(OK, f"volume: {size.volume_gib} of at most {largest[0]} GiB")
    if most and size.instance_count > most[0]:
        yield Finding(
            ERROR,
            f"Setting 'domain.instance_count' is {size.instance_count}: a domain takes at most {most[0]} data nodes of "
            f"{size.instance_type}. Write less, or choose a larger 'domain.instance_type'.",
        )
    if size.dedicated_managers and "master" not in _limits_of(clients, settings, size.manager_instance_type):
        yield Finding(
            ERROR,
            f"Setting 'domain.manager_instance_type' is '{size.manager_instance_type}': it cannot be a dedicated "
            "manager. Choose another, such as m7g.large.search.",
        )


def _limits_of(clients: Clients, settings: Settings, instance_type: str) -> dict[str, Any]:
    limits: dict[str, Any] = clients("opensearch", settings.region).describe_instance_type_limits(
        InstanceType=instance_type, EngineVersion=f"OpenSearch_{ENGINE_VERSION}"
    )["LimitsByRole"]
    return limits
