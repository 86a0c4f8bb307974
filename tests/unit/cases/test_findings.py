"""Each finding of the hostile reading has a test that failed before its fix. This table names it.

The findings are those of shared/reference/hardening.md: C critical, H high, M medium and L low, the low ones numbered
as they are listed there (7 and 8 are one line of the list).
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FINDINGS: dict[str, tuple[str, ...]] = {
    "C1": (
        "integration/search/test_search_budget.py::test_expensive_aggregations_are_answered_or_rejected",
        "unit/search/test_search_budget.py::test_what_is_in_groups_is_computed_for_a_small_reserve_of_groups",
        "unit/test_opensearch.py::test_writes_and_aggregations_are_sent_once",
        "unit/local/test_local_stack.py::test_a_crashed_node_is_restarted_until_it_crashes_again_and_again",
    ),
    "H1": (
        "integration/search/test_search_budget.py::test_expensive_searches_are_answered_or_rejected",
        "integration/search/test_stopped_searches.py::test_a_search_that_takes_too_long_is_stopped_by_the_engine",
        "integration/search/test_stopped_searches.py::test_a_slow_caller_leaves_threads_to_others",
        "unit/test_opensearch.py::test_searches_are_stopped_by_opensearch_and_few_run_at_once",
    ),
    "H2": (
        "unit/search/test_search_budget.py::test_searches_above_a_limit_are_rejected_with_number_and_limit",
        "unit/search/test_selection.py::test_a_page_with_large_vectors_asks_for_fewer_objects",
    ),
    "H3": (
        "unit/objects/test_objects_writer.py::test_vector_replaced_between_the_two_reads_is_not_taken_over",
        "integration/objects/test_case_values.py::test_concurrent_writes_keep_the_vector_of_the_text",
        "integration/objects/test_case_values.py::test_repair_finds_and_replaces_the_vector_of_another_text",
    ),
    "H4.1": (
        "unit/imports/test_import_identity.py::test_a_copy_of_an_uploaded_file_is_imported",
        "unit/imports/test_import_identity.py::test_a_corrected_file_put_to_the_same_url_is_imported",
    ),
    "H4.2": ("unit/imports/test_import_identity.py::test_an_import_into_a_collection_created_again_is_a_new_job",),
    "H4.3": (
        "unit/objects/test_batch_route.py::test_a_collection_created_again_does_not_get_the_response_of_the_first",
        "unit/objects/test_batch_route.py::test_a_key_does_not_outlive_its_collection",
    ),
    "H4.4": (
        "unit/imports/test_import_identity.py::test_nothing_of_a_job_reaches_a_later_collection_of_its_name",
        "unit/imports/test_import_identity.py::test_a_job_that_lost_its_collection_before_its_end_is_not_completed",
    ),
    "H5.1": ("unit/imports/test_import_formats.py::test_a_header_that_names_no_columns_ends_the_job_at_once",),
    "H5.2": (
        "unit/imports/test_import_split.py::test_columns_that_a_jobs_item_has_no_room_for_are_a_failed_job",
        "unit/imports/test_import_split.py::test_a_reason_of_any_length_fits_the_jobs_item",
    ),
    "H5.3": (
        "infra/test_import_pipeline.py::test_a_file_that_cannot_be_split_holds_up_no_other",
        "unit/imports/test_import_handlers.py::test_the_last_delivery_is_shown_in_the_job_and_becomes_a_dead_letter",
    ),
    "H5.4": ("unit/imports/test_import_handlers.py::test_a_message_whose_time_others_took_goes_back_untouched",),
    "H5.5": (
        "unit/cases/test_case_files_parquet.py::test_a_row_that_is_too_large_fails_alone",
        "unit/objects/test_objects_bulk.py::test_a_request_larger_than_opensearch_takes_is_halved_until_it_fits",
        "unit/objects/test_objects_bulk.py::test_an_object_larger_than_opensearch_takes_fails_alone",
    ),
    "H5.6": (
        "unit/cases/test_case_files_parquet.py::test_a_few_bytes_that_stand_for_many_values_are_refused",
        "unit/cases/test_case_files_csv.py::test_a_gzip_file_that_grows_beyond_reason_is_refused",
    ),
    "H6": (
        "unit/http/test_http.py::test_a_response_is_measured_as_lambda_measures_it",
        "unit/search/test_selection.py::test_a_page_ends_where_its_escaped_bytes_reach_the_limit",
    ),
    "M1": (
        "unit/imports/test_import_identity.py::test_the_job_of_a_newer_version_cancels_that_of_the_older",
        "unit/imports/test_import_identity.py::test_an_older_version_announced_late_loads_nothing",
    ),
    "M2": (
        "unit/http/test_idempotency.py::test_a_response_that_fits_no_item_is_stored_as_a_summary",
        "unit/objects/test_batch_route.py::test_a_batch_that_is_carried_out_twice_has_the_same_ids",
        "unit/http/test_http.py::test_a_message_is_cut_where_it_repeats_a_large_value",
    ),
    "M3": ("unit/http/test_strict_json.py::test_a_long_body_is_read_up_to_the_first_problem_of_each_list",),
    "M4": (
        "e2e/test_signed_calls.py::test_a_policy_by_path_holds_for_each_action_of_a_collection",
        "e2e/test_tokens.py::test_a_token_needs_the_scope_of_the_operation_or_a_higher_one",
        "infra/test_query_api.py::test_each_operation_asks_for_the_scopes_of_its_access",
        "unit/http/test_rights.py::test_everything_else_is_forbidden",
        "unit/imports/test_import_control.py::test_jobs_are_found_only_below_the_collection_of_their_path",
    ),
    "M5": (
        "unit/test_stage_roles.py::test_a_collection_cannot_name_another_role",
        "integration/search/test_relevance.py::test_a_search_names_no_role",
        "infra/test_permissions.py::test_roles_are_assumed_only_with_the_external_id_of_their_pair",
    ),
    "M6": (
        "unit/test_opensearch.py::test_writes_and_aggregations_are_sent_once",
        "unit/objects/test_objects_bulk.py::test_write_without_a_response_is_read_back_and_never_a_conflict",
        "unit/collections/test_collection_writes.py::test_a_collection_that_was_created_without_a_response_is_a_success",
        "unit/collections/test_collection_writes.py::test_a_change_whose_response_is_lost_succeeds_and_frees_the_lock",
    ),
    "M7": (
        "integration/search/test_case_search.py::test_a_hybrid_page_beyond_the_last_hit_is_empty",
        "integration/search/test_case_search.py::test_a_text_of_more_than_a_million_characters_does_not_fail_highlights",
        "unit/search/test_search_body.py::test_a_listing_by_values_without_an_order_is_rejected",
    ),
    "M8": (
        "unit/collections/test_collection_writes.py::test_a_collection_of_too_many_shards_is_rejected",
        "unit/embedding/test_inference.py::test_a_request_whose_names_are_values_adds_no_property",
        "integration/http/test_http_api.py::test_collections_are_listed_page_by_page",
        "infra/test_functions.py::test_production_reserves_concurrency_for_each_function",
    ),
    "M9": (
        "infra/test_search_domain.py::test_a_path_that_names_several_indices_is_denied",
        "infra/test_search_domain.py::test_bodies_of_bulk_requests_cannot_name_other_indices",
    ),
    "L1": (
        "unit/http/test_http.py::test_a_key_that_no_header_can_hold_is_rejected_without_repeating_it",
        "unit/imports/test_import_control.py::test_a_source_that_s3_would_refuse_is_rejected",
        "unit/imports/test_import_control.py::test_an_empty_mark_of_a_page_is_rejected",
    ),
    "L2": ("unit/imports/test_import_identity.py::test_options_larger_than_s3s_metadata_are_rejected_at_the_start",),
    "L3": ("unit/imports/test_import_identity.py::test_ids_of_any_kind_do_not_depend_on_the_folders_spelling",),
    "L4": (
        "unit/collections/test_collection_writes.py::test_a_deletion_never_meets_the_next_collection_of_the_name",
        "unit/collections/test_collection_writes.py::test_a_lost_deletion_does_not_delete_the_next_collection",
    ),
    "L5": (
        "unit/objects/test_batch_route.py::test_another_caller_has_other_ids",
        "unit/http/test_callers.py::test_callers_have_identities_of_their_own",
    ),
    "L6": ("integration/search/test_case_search.py::test_highlights_are_escaped_for_html",),
    "L7": ("infra/test_import_pipeline.py::test_the_buckets_logical_id_is_that_of_the_conditions",),
    "L8": ("infra/test_encryption.py::test_the_alarm_topic_is_encrypted_and_cloudwatch_may_use_the_key",),
    "L9": ("unit/search/test_search_budget.py::test_searches_above_a_limit_are_rejected_with_number_and_limit",),
    "L10": ("unit/http/test_http.py::test_options_without_an_authorizer_reaches_no_route",),
    "L11": (
        "unit/test_aws.py::test_the_signed_request_is_canonical",
        "unit/test_aws.py::test_opensearchs_requests_are_signed_as_they_are_sent",
    ),
    "L12": (
        "unit/imports/test_import_load.py::test_objects_that_were_deleted_stay_deleted_when_a_counted_chunk_is_redelivered",
        "unit/imports/test_import_load.py::test_objects_of_a_chunk_that_was_not_counted_are_stored_again",
    ),
}
# How many findings of each kind the list has, and into how many parts some are divided.
COUNTS = {"C": 1, "H": 6, "M": 9, "L": 12}
PARTS = {"H4": 4, "H5": 6}
LIST = "shared/reference/hardening.md"


@cache
def list_tests(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("finding", FINDINGS)
def test_the_tests_of_a_finding_exist(finding: str) -> None:
    named = [name.split("::") for name in FINDINGS[finding]]

    assert named
    assert not [name for file, name in named if name not in list_tests(file)]


def test_every_finding_has_a_row() -> None:
    rows = [f"{kind}{place}" for kind, count in COUNTS.items() for place in range(1, count + 1)]
    expected = [f"{row}.{part}" for row in rows for part in range(1, PARTS.get(row, 0) + 1)]

    assert set(FINDINGS) == {*expected, *rows} - set(PARTS)


def test_the_list_has_the_findings_of_the_table() -> None:
    found = [folder / LIST for folder in ROOT.parents if (folder / LIST).exists()]
    if not found:
        pytest.skip("the list is not next to the project")
    text = found[0].read_text(encoding="utf-8")
    low = re.split(r"^## ", text, flags=re.MULTILINE)[4]

    assert len(re.findall(r"^### [CH]\d", text, re.MULTILINE)) == COUNTS["C"] + COUNTS["H"]
    assert len(re.findall(r"^\| M\d \|", text, re.MULTILINE)) == COUNTS["M"]
    # One line has two findings: conditions on the source of requests, and the key of the topic.
    assert len(re.findall(r"^- ", low, re.MULTILINE)) == COUNTS["L"] - 1
