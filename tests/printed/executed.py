"""Which test executes each form of a command that is printed: a case of `test_commands`, or another test, by its name."""

from __future__ import annotations

HERE = "tests/printed/test_commands.py::test_it_does_what_it_is_printed_for"
"""A case of that test has the form as its name."""

ITSELF = "is what runs these tests"
CONTRIBUTORS = "runs over the whole repository; a change of it runs this before it is merged"
_VERIFY = "tests/trust/verification"
_ADOPT = "tests/sessions/test_adopt.py::test_an_empty_project_is_really_rehearsed"
_ON_INDEX = "tests/test_publish_on_index.py::test_the_distributions_are_published_with_their_attestations"
_INCIDENT = "tests/test_draft_incident.py"
_REHEARSAL = "tests/pipeline/test_rehearsal.py::test_it_was_verified_by_the_projects_own_policy"
_GATED = "tests/pipeline/test_gated_release.py"
_KEYS = f"{_VERIFY}/test_keys.py"
_AFFECTED = "tests/test_find_affected.py"
_UPLOAD = "tests/test_upload_sbom.py"
_SUPPLIER = "tests/test_ingest_supplier.py"
_BACKLOG = "tests/test_review_suppliers.py"

CASES = (
    "build_distributions",
    "build_distributions --public-log",
    "check_hashes",
    "check_hashes --bytes",
    "check_hashes --bytes --record",
    "check_locks",
    "check_locks --help",
    "check_locks --offline",
    "check_locks --verbose",
    "check_malware",
    "check_publishers",
    "check_publishers --record",
    "check_vulnerabilities",
    "check_vulnerabilities --vex",
    "compare ARGUMENT",
    "evaluate_claims",
    "evaluate_policy",
    "generate_sbom",
    "generate_sbom --help",
    "generate_vex",
    "lock",
    "lock --bypass-cool-down --reason --upgrade-package",
    "lock --upgrade",
    "lock --upgrade-package",
    "mirror_docs",
    "report",
    "report_findings",
    "retention",
    "retention --prune",
    "retention --verify",
    "review",
    "review --offline --only",
    "scan_updates",
    "security_md",
)

HELP = "tests/printed/test_help.py::test_the_help_of_a_session_is_that_of_its_stage"
HELPED = {
    "affected": "find_affected",
    "draft_tea": "draft_tea",
    "incident": "draft_incident",
    "supplier": "ingest_supplier",
    "upload": "upload_sbom",
    "verify": "verify_release",
}
"""Session -> the stage whose help a wrong command line leads to."""

EXECUTED = {
    **dict.fromkeys(CASES, HERE),
    "adopt --owner --write": "tests/test_adopt_project.py::test_the_step_that_names_owners_helps",
    **dict.fromkeys((f"{session} --help" for session in HELPED), HELP),
    "supplier --rebuild": f"{_SUPPLIER}::test_rebuilt_from_the_stored_bytes_the_registry_is_the_same_and_follows_the_configuration",
    "supplier --request": f"{_SUPPLIER}::test_status_and_request_show_what_is_open",
    "supplier --profile --score": f"{_SUPPLIER}::test_a_score_needs_no_supplier_and_stores_nothing",
    "supplier --status": f"{_SUPPLIER}::test_status_and_request_show_what_is_open",
    "supplier ARGUMENT": f"{_SUPPLIER}::test_a_good_document_is_accepted_and_its_components_are_found",
    "supplier ARGUMENT --supplier": f"{_SUPPLIER}::test_the_stated_supplier_and_the_signer_must_be_the_same",
    "adopt --write": "tests/sessions/test_adopt.py::test_what_was_never_recorded_is_recorded_and_said",
    "adopt --workflows --write": "tests/test_adopt_project.py::test_without_a_remote_on_github_there_are_no_workflows",
    "adopt ARGUMENT": _ADOPT,
    "adopt ARGUMENT --owner --write": "tests/test_adopt_project.py::test_the_step_that_names_owners_helps",
    "adopt ARGUMENT --semgrep --write": "tests/assurance/adoption/test_semgrep.py::test_it_is_written_only_where_it_is_asked_for",
    "adopt ARGUMENT --write": "tests/sessions/test_adopt.py::test_what_was_never_recorded_is_recorded_and_said",
    "backlog": f"{_BACKLOG}::test_a_vulnerable_component_is_an_item_with_all_views",
    "backlog --import": f"{_BACKLOG}::test_an_edited_table_is_taken_over_and_an_old_one_is_refused",
    "backlog ARGUMENT --set": f"{_BACKLOG}::test_an_item_lives_from_new_to_fixed_and_back",
    "backlog --show": f"{_BACKLOG}::test_the_stored_backlog_is_shown_without_a_comparison",
    "affected ARGUMENT": f"{_AFFECTED}::test_a_requirement_or_a_package_is_searched_without_any_feed",
    "affected ARGUMENT --fleet --scheduler": (
        "tests/test_fleet_on_workers.py::test_am_i_affected_is_answered_as_on_one_machine"
    ),
    "affected ARGUMENT --fleet": f"{_AFFECTED}::test_a_fleet_is_searched_in_one_run",
    "affected ARGUMENT --reply": f"{_AFFECTED}::test_a_reply_names_nothing_internal",
    "bench --write": "tests/docs/test_docs.py::test_bench_writes",
    "bench ARGUMENT": CONTRIBUTORS,
    "bench ARGUMENT --write": "tests/docs/test_docs.py::test_bench_writes",
    "check_malware --sbom": "tests/test_sbom_gates.py::test_a_package_of_pypi_is_found_in_every_format",
    "check_releases": "tests/test_check_releases.py::test_a_release_with_a_vulnerable_pin_is_found_although_todays_lock_is_clean",
    "check_releases --restore": "tests/assurance/claims/test_shipped_verification.py::test_an_empty_store_is_filled_with_what_verifies",
    "check_releases ARGUMENT --verify": "tests/test_check_releases.py::test_releases_that_are_due_are_verified_again",
    "check_vulnerabilities --advisories --sbom": "tests/test_other_ecosystems.py::test_a_feed_without_the_name_of_an_ecosystem_serves_all_it_has",
    "check_vulnerabilities --sbom": "tests/test_sbom_gates.py::test_a_package_of_pypi_is_found_in_every_format",
    "compare_sboms ARGUMENT --advisories --markdown": "tests/test_compare_sboms.py::test_new_risk_comes_first_and_what_was_there_before_is_no_new_risk",
    "daily_scan": f"{_GATED}::test_the_daily_scan_remembers_what_it_saw_first_and_when",
    "check_malware --cache --fleet --ledger --scheduler": "tests/test_fleet_on_dask.py::test_two_workers_in_this_process",
    "check_vulnerabilities --cache --fleet --ledger --scheduler": (
        "tests/test_fleet_on_workers.py::test_record_findings_and_screen_are_those_of_one_machine"
    ),
    "daily_scan --cache --fleet --scheduler": "tests/test_fleet_on_dask.py::test_a_daily_scan_has_the_records_of_one_machine",
    "daily_scan --fleet": "tests/test_check_vulnerabilities.py::test_a_fleet_looks_each_pin_up_once_and_tells_each_project",
    "daily_scan --public-log": f"{_GATED}::test_a_public_daily_scan_tells_counts_and_outcomes_only",
    "draft_tea --domain --endpoint": "tests/test_draft_tea.py::test_the_well_known_document_and_the_identifiers_are_drafted",
    "evaluate_policy --profile": "tests/test_evaluate_policy.py::test_profiles_for_sboms_are_evaluated_without_the_gate_and_change_nothing",
    "evaluate_policy ARGUMENT --profile": "tests/test_evaluate_policy.py::test_licences_of_an_sbom_in_any_format",
    "generate": CONTRIBUTORS,
    "incident --aware --id --kind --summary": f"{_INCIDENT}::test_a_severe_incident_needs_no_finding",
    "incident --aware --id --package": f"{_INCIDENT}::test_only_the_named_package_counts",
    "incident --credit --fix-available --fixed --id": f"{_INCIDENT}::test_the_advisories_state_what_is_known",
    "incident --exploited --id --submitted": (
        f"{_INCIDENT}::test_a_later_run_adds_a_revision_and_leaves_the_earlier_as_it_is"
    ),
    "lint": CONTRIBUTORS,
    "publish": "tests/test_publish_release.py::test_a_release_is_published_whole",
    "publish --dry-run": "tests/test_publish_on_index.py::test_a_dry_run_needs_no_token_and_sends_nothing",
    "publish --index": _ON_INDEX,
    "pull_request": "tests/test_review_change.py::test_a_change_that_brings_nothing_new_passes_and_lists_what_is_there",
    "pull_request --base": "tests/test_review_change.py::test_an_unrelated_history_is_compared_with_the_branch_itself",
    "pull_request --base --commit": "tests/test_review_change.py::test_a_hostile_change_can_neither_weaken_nor_waive_for_itself",
    "rehearse": _REHEARSAL,
    "release": f"{_GATED}::test_a_release_passes_every_gate_carries_their_records_and_keeps_secrets_apart",
    "release --distributions": "tests/test_build_distributions.py::test_good_distributions_are_copied_and_recorded",
    "release --public-log": "tests/pipeline/test_release.py::test_the_same_bytes_in_any_folder_umask_zone_locale_hash_seed_and_second",
    "release --sarif": "tests/release/test_analysis.py::test_a_clean_analysis_of_this_commit_passes_and_is_recorded",
    "release --test-results": "tests/release/test_results.py::test_given_results_are_written_recorded_and_released",
    "report --pdf": "tests/test_render_report.py::test_a_pdf_without_chromium",
    "reproduce --github": f"{_VERIFY}/test_stage.py::test_a_github_release_is_downloaded_and_held_against_its_tag",
    "reproduce": "tests/test_reproduce_release.py::test_one_release_is_named",
    "reproduce --release": "tests/test_reproduce_release.py::test_a_release_is_reproduced_in_a_second_clone",
    "reproduce --retained": "tests/test_reproduce_release.py::test_a_retained_release_is_named_by_its_version",
    "retention --list": "tests/test_retain_artifacts.py::test_a_manufacturer_keeps_a_release_for_ten_years_also_one_that_was_retained_for_less",
    "review --only": "tests/test_review_posture.py::test_support_periods_are_reviewed",
    "security_md --fleet": "tests/test_generate_security_md.py::test_a_fleet_is_written_in_one_run",
    "sign_artifacts": "tests/test_sign_artifacts.py::test_every_file_has_a_bundle_that_verifies",
    "tests": ITSELF,
    "tests ARGUMENT": ITSELF,
    "trust_page --fleet": "tests/test_render_trust_page.py::test_a_page_over_components_has_copies_of_what_it_links",
    "upload ARGUMENT --latest --tag --to": f"{_UPLOAD}::test_an_sbom_is_sent_as_it_is_and_vex_only_after_it_was_processed",
    "upload ARGUMENT --to --vex": f"{_UPLOAD}::test_an_sbom_is_sent_as_it_is_and_vex_only_after_it_was_processed",
    "verifier --check": "tests/test_build_verifier.py::test_compiled_modules_are_checked_against_their_sources",
    "verifier": "tests/test_build_verifier.py::test_outside_a_release_it_is_built_whatever_the_project_releases_and_leaves_no_record",
    "verify": f"{_VERIFY}/test_stage.py::test_of_the_projects_own_release_everything_is_written",
    "verify --github --identity --issuer": f"{_VERIFY}/test_stage.py::test_a_github_release_is_downloaded_and_held_against_its_tag",
    "verify --github --identity --issuer --out --package": f"{_VERIFY}/test_package_command.py::test_with_the_release_everything_is_compared",
    "verify --identity --issuer --out --package": f"{_VERIFY}/test_package_command.py::test_the_verified_file_is_kept_with_its_hash",
    "verify --lock": f"{_VERIFY}/test_locked.py::test_the_stage_and_the_stand_alone_verifier_agree",
    "verify ARGUMENT": f"{_VERIFY}/test_stage.py::test_of_a_folder_that_is_named_nothing_is_written",
    "verify ARGUMENT --identities": f"{_VERIFY}/test_stage.py::test_identities_come_from_the_published_file",
    "verify ARGUMENT --identities --no-attestations --package": (
        f"{_VERIFY}/test_package_command.py::test_with_the_release_everything_is_compared"
    ),
    "verify ARGUMENT --identities --offline --trusted-root": (
        f"{_VERIFY}/test_stage.py::test_identities_come_from_the_published_file"
    ),
    "verify ARGUMENT --identity --issuer": f"{_VERIFY}/test_wrong_inputs.py::test_the_conditions_of_a_customer_are_compared",
    "verify ARGUMENT --identity --issuer --offline --rehearsal --trusted-root": (
        f"{_VERIFY}/test_stage.py::test_what_nobody_may_sign_is_not_examined_and_has_no_summary"
    ),
    "verify ARGUMENT --key": f"{_KEYS}::test_the_stage_takes_a_key_and_the_configured_identities_do_not_count",
    "verify_release": f"{_VERIFY}/test_stage.py::test_of_the_projects_own_release_everything_is_written",
}
"""Form -> `FILE::TEST`, or why no test executes it."""
