"""The configuration: old keys work, unknown ones are named with their nearest neighbour."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.contracts.config.file import CONFIG_NAME, Config, parse_config
from ops.supply_chain.core.errors import UsageError


def test_an_empty_file_gives_the_defaults() -> None:
    assert parse_config("") == Config()


def test_the_keys_of_existing_components_work_unchanged() -> None:
    config = parse_config(
        """
        component_name = "SOAR"
        converted = true
        converted_in = "v3.0.0"
        acknowledged_cves = [
          { cve_id = "CVE-2026-1", package = "idna", date_acknowledged = 2026-05-01, reason = "r", expected_resolution = "s" },
        ]
        """
    )
    assert (config.component_name, config.converted, config.converted_in) == ("SOAR", True, "v3.0.0")
    assert config.acknowledged_cves[0].cve_id == "CVE-2026-1"
    assert config.acknowledged_cves[0].date_acknowledged == "2026-05-01"


def test_a_real_component_reads(shared_data: Path) -> None:
    config = read_config(shared_data / "projects" / "soar")
    assert config == Config(converted=True, converted_in="v3.0.0")


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / CONFIG_NAME)
    with pytest.raises(UsageError) as caught:
        read_config(tmp_path)
    assert caught.value.message == f"{tmp_path / CONFIG_NAME}: is not a file"
    assert caught.value.hint == "Put a TOML file there, or nothing."


WRONG = {
    "top level": (
        "componentname = 'x'",
        "c: unknown key 'componentname'",
        "The nearest known key is 'component_name'.",
    ),
    "table": (
        "[locks]\ncooldown_days = 1",
        "c: unknown key 'locks.cooldown_days'",
        "The nearest known key is 'locks.cool_down_days'.",
    ),
    "array": (
        "acknowledged_cves = [{cve = 'x'}]",
        "c: unknown key 'acknowledged_cves[0].cve'",
        "The nearest known key is 'acknowledged_cves[0].cve_id'.",
    ),
    "type": (
        "converted = 'yes'",
        "c: converted: expected one of true, false",
        "See docs/configuration.md for each key.",
    ),
    "range": (
        "[retention]\ndays = -1",
        "c: Expected `int` >= 0 - at `$.retention.days`",
        "See docs/configuration.md for each key.",
    ),
    "format": (
        "[sbom]\nformats = ['x']",
        'c: sbom.formats[0]: expected one of "cyclonedx-1.6", "cyclonedx-1.7", "spdx-2.3", "spdx-3.0.1", found \'x\'',
        "See docs/configuration.md for each key.",
    ),
    "severity": (
        "[gate]\nfail_on = 'hi'",
        'c: gate.fail_on: expected one of "info", "low", "medium", "high", "critical", "unknown", found \'hi\'',
        'The nearest is "high".',
    ),
    "pattern": (
        "[policy]\nlicences_on_unknown = 'no'",
        'c: policy.licences_on_unknown: expected one of "report", "not-examined", "deny"',
        "See docs/configuration.md for each key.",
    ),
    "in a list of tables": (
        "[[locks.scopes]]\nscope = 'requird'\npath = 'x'",
        'c: locks.scopes[0].scope: expected one of "required", "optional", "excluded", found \'requird\'',
        'The nearest is "required".',
    ),
    "toml": ("a = ", "c: not valid TOML: Invalid value (at end of document)", ""),
}


@pytest.mark.parametrize(("text", "message", "hint"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_path(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_config(text, where="c")
    assert caught.value.message == message
    assert caught.value.hint == hint
