"""The OpenSearch domain."""

import pytest

from tests.infra.synthesis import FUNCTIONS, Synthesis, as_text, statements_of


def test_the_domain_is_encrypted_everywhere(dev: Synthesis, prod: Synthesis) -> None:
    for stage in (dev, prod):
        domain = stage.only("AWS::OpenSearchService::Domain")
        assert domain["EncryptionAtRestOptions"]["Enabled"] is True
        assert domain["NodeToNodeEncryptionOptions"] == {"Enabled": True}
        assert domain["DomainEndpointOptions"]["EnforceHTTPS"] is True
        assert "TLS-1-2" in domain["DomainEndpointOptions"]["TLSSecurityPolicy"]


def test_the_domain_admits_the_roles_of_query_write_and_load_only(dev: Synthesis) -> None:
    policy = dev.only("AWS::OpenSearchService::Domain")["AccessPolicies"]

    admitted = {principal for statement in statements_of(policy) for principal in statement.principals}

    assert admitted == {f"<{dev.role_of(name)}.Arn>" for name in FUNCTIONS if name not in ("split", "extract")}


def test_dev_has_one_node_and_prod_three_zones_with_managers(dev: Synthesis, prod: Synthesis) -> None:
    small = dev.only("AWS::OpenSearchService::Domain")["ClusterConfig"]
    large = prod.only("AWS::OpenSearchService::Domain")["ClusterConfig"]

    assert (small["InstanceCount"], small["ZoneAwarenessEnabled"], small["DedicatedMasterEnabled"]) == (1, False, False)
    assert (large["InstanceCount"], large["DedicatedMasterCount"]) == (3, 3)
    assert large["ZoneAwarenessConfig"] == {"AvailabilityZoneCount": 3}


def test_opensearch_may_write_its_logs_before_it_starts(dev: Synthesis) -> None:
    [domain] = dev.all("AWS::OpenSearchService::Domain").values()
    [policy] = dev.all("AWS::Logs::ResourcePolicy")

    assert policy in domain["DependsOn"]
    assert set(domain["Properties"]["LogPublishingOptions"]) == {
        "ES_APPLICATION_LOGS",
        "SEARCH_SLOW_LOGS",
        "INDEX_SLOW_LOGS",
    }


def test_prod_keeps_what_it_stores_when_the_stack_goes(dev: Synthesis, prod: Synthesis) -> None:
    """But for what a first deployment made that then failed: it would be in the way of the next."""
    stateful = ("AWS::OpenSearchService::Domain", "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Logs::LogGroup")

    for kind in stateful:
        assert {each["DeletionPolicy"] for each in prod.all(kind).values()} == {"RetainExceptOnCreate"}
        assert {each["UpdateReplacePolicy"] for each in prod.all(kind).values()} == {"Retain"}
        assert {each["DeletionPolicy"] for each in dev.all(kind).values()} == {"Delete"}


def test_functions_are_told_the_address_of_the_domain(dev: Synthesis) -> None:
    [domain] = dev.all("AWS::OpenSearchService::Domain")

    url = as_text(dev.function("query")["Environment"]["Variables"]["ALTO_OPENSEARCH_URL"])

    assert url == f"https://<{domain}.DomainEndpoint>"


def test_an_existing_domain_is_used_instead_of_a_new_one(local: Synthesis) -> None:
    assert not local.all("AWS::OpenSearchService::Domain")
    assert local.function("load")["Environment"]["Variables"]["ALTO_OPENSEARCH_URL"] == "http://127.0.0.1:9200"


def test_the_engine_can_be_upgraded_in_place(dev: Synthesis) -> None:
    [domain] = dev.all("AWS::OpenSearchService::Domain").values()

    assert domain["UpdatePolicy"]["EnableVersionUpgrade"] is True
    assert domain["Properties"]["EngineVersion"] == "OpenSearch_3.7"


def test_bodies_of_bulk_requests_cannot_name_other_indices(dev: Synthesis) -> None:
    options = dev.only("AWS::OpenSearchService::Domain")["AdvancedOptions"]

    assert options["rest.action.multi.allow_explicit_index"] == "false"


@pytest.mark.parametrize("name", ["query", "write", "load"])
def test_a_path_that_names_several_indices_is_denied(dev: Synthesis, name: str) -> None:
    denied = [each for each in dev.rights_of(name) if each.effect == "Deny"]
    policy = list(statements_of(dev.only("AWS::OpenSearchService::Domain")["AccessPolicies"]))

    assert any(resource.endswith(":domain/alto-dev/alto-*,*") for each in denied for resource in each.resources)
    role = f"<{dev.role_of(name)}.Arn>"
    assert any(
        each.effect == "Deny" and role in each.principals and any("alto-*,*" in one for one in each.resources)
        for each in policy
    )
