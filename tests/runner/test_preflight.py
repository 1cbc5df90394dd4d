"""Before the first stage of a session: each setting that several stages use is refused once, as a mistake of configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.core.errors import ErrorClass, ExitCode, UsageError
from ops.supply_chain.runner.preflight import check_project

IDENTITY = 'issuer = "https://token.actions.githubusercontent.com"'
WRONG = {
    "an identity without a name": (f"[[signing.identities]]\n{IDENTITY}", "signing.identities"),
    "an author of VEX who has no digest": ('[[vex_authors]]\nname = "Ann"', "vex_authors"),
    "a zone of waivers": ('[waiver_rules]\nzone = "Mars/Base"', "waiver_rules"),
    "a zone of the response clock": ('[response]\nzone = "Mars/Base"', "response"),
    "an index that is not https": ('[index]\nurl = "ftp://example.org/simple/"', "index].url"),
    "an address of JSON that is not https": ('[index]\njson_url = "ftp://example.org/pypi/"', "index].json_url"),
    "a key that is none": ('[public_log]\nrecipients = ["a key"]', "recipients[0]"),
    "a profile that is not there": ('[policy]\nprofiles = ["base", "none-such"]', "none-such"),
    "a folder of rules outside": ('[policy]\nfolders = ["../elsewhere"]', "elsewhere"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def configure(root: Path, text: str) -> None:
    (root / ".security-config.toml").write_text(f'component_name = "small"\n{text}\n')


def test_a_good_configuration_passes(root: Path) -> None:
    configure(root, "")
    project, config = check_project(root, version="1.0")
    assert (project.name, project.version, config.component_name) == ("small", "1.0", "small")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_refused_by_its_name(name: str, root: Path) -> None:
    text, named = WRONG[name]
    configure(root, text)
    with pytest.raises(UsageError) as refused:
        check_project(root, version="1.0")
    assert named in refused.value.message
    assert (refused.value.kind, refused.value.exit_code) == (ErrorClass.CONFIGURATION, ExitCode.USAGE)


def test_no_folder_is_no_project(root: Path) -> None:
    for path in (root / "none", root / "file"):
        (root / "file").touch()
        with pytest.raises(UsageError) as refused:
            check_project(path, version="1.0")
        assert (refused.value.kind, str(path) in refused.value.message) == (ErrorClass.NO_PROJECT, True)


def test_a_lock_that_is_asked_for_and_not_there(root: Path) -> None:
    configure(root, '[locks]\ninclude = ["none/requirements.txt"]')
    with pytest.raises(UsageError, match=r"none/requirements\.txt"):
        check_project(root, version="1.0")


def test_a_version_is_needed_unless_the_session_does_without(root: Path) -> None:
    configure(root, "")
    with pytest.raises(UsageError):
        check_project(root)
    project, _config = check_project(root, version_needed=False)
    assert project.version


def test_a_broken_lock_is_left_to_the_gates(root: Path) -> None:
    configure(root, '[locks]\ninclude = ["requirements.txt"]')
    (root / "requirements.txt").write_bytes(b"\xff\xfe")
    project, _config = check_project(root, version="1.0")
    assert project.name == "small"
