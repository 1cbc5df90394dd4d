"""security-insights.yml 2.2.0: what the format needs, what it means to others, and when it changes."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from ops.supply_chain.assurance.documents.insights import MARK, write_insights
from ops.supply_chain.contracts.files import security_insights as contract
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.core.text import printable
from tests.assurance.documents.support import HOSTILE, config, facts

SETTINGS = """
[security_insights]
url = "https://git.example/acme/raw/main/security-insights.yml"
last_reviewed = 2026-11-01
repository = "https://git.example/acme"
licence_url = "https://git.example/acme/LICENSE"
licence = "MIT"
administrators = [{ name = "A. Admin", primary = true, email = "a@acme.example" }]
core_team = [{ name = "A. Admin", primary = true }, { name = "B" }]
distribution_points = [{ title = "Releases", url = "https://git.example/acme/releases" }]
[reporting]
github = "acme/acme"
"""
CUE_NAMES: dict[str, type[msgspec.Struct]] = {
    "Header": contract.InsightsHeader,
    "Project": contract.InsightsProject,
    "Repository": contract.InsightsRepository,
    "Contact": contract.InsightsContact,
    "License": contract.InsightsLicence,
    "Link": contract.InsightsLink,
    "ProjectRepository": contract.ProjectRepository,
    "VulnerabilityReporting": contract.VulnerabilityReporting,
    "Assessment": contract.SelfAssessment,
    "ReleaseDetails": contract.ReleaseDetails,
    "SecurityPosture": contract.SecurityPosture,
    "SecurityInsights": contract.SecurityInsights,
}


def written(text: str = SETTINGS, committed: str | None = None, *, day: int = 20) -> str | None:
    return write_insights(facts(config=config(text), today=dt.date(2026, 11, day)), committed)


def test_nothing_is_written_that_was_not_asked_for() -> None:
    assert written("") is None


def test_another_reader_reads_every_field() -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    assert yaml.safe_load(written() or "") == {
        "header": {
            "last-reviewed": "2026-11-01",
            "last-updated": "2026-11-20",
            "schema-version": "2.2.0",
            "url": "https://git.example/acme/raw/main/security-insights.yml",
        },
        "project": {
            "name": "acme",
            "administrators": [{"name": "A. Admin", "primary": True, "email": "a@acme.example"}],
            "repositories": [
                {"name": "acme", "comment": "The source of the project.", "url": "https://git.example/acme"}
            ],
            "vulnerability-reporting": {
                "reports-accepted": True,
                "bug-bounty-available": False,
                "comment": "Report privately: https://github.com/acme/acme/security/advisories/new",
                "policy": "https://github.com/acme/acme/security/policy",
            },
        },
        "repository": {
            "status": "active",
            "url": "https://git.example/acme",
            "accepts-change-request": True,
            "accepts-automated-change-request": False,
            "core-team": [{"name": "A. Admin", "primary": True}, {"name": "B", "primary": False}],
            "license": {"url": "https://git.example/acme/LICENSE", "expression": "MIT"},
            "security": {"assessments": {"self": {"comment": "No self assessment has been published."}}},
            "release": {
                "automated-pipeline": True,
                "distribution-points": [{"uri": "https://git.example/acme/releases", "comment": "Releases"}],
            },
        },
    }


def test_a_day_later_nothing_changes_but_what_was_changed() -> None:
    first = written()
    assert first is not None
    assert first.startswith(MARK)
    assert written(committed=first, day=21) == first
    moved = written(SETTINGS.replace('name = "B"', 'name = "C"'), first, day=21)
    assert 'last-updated: "2026-11-21"' in (moved or "")


def test_without_a_channel_no_reports_are_accepted() -> None:
    assert "reports-accepted: false" in (written(SETTINGS.partition("[reporting]")[0]) or "")


@pytest.mark.parametrize(
    ("was", "becomes", "message"),
    [
        ("last_reviewed = 2026-11-01", "", "security_insights.url is set, but last_reviewed not"),
        ('licence = "MIT"', "", "security_insights.url is set, but licence not"),
        (
            "last_reviewed = 2026-11-01",
            'last_reviewed = "soon"',
            "security_insights.last_reviewed is 'soon': expected an ISO date",
        ),
        ('{ name = "B" }', '{ name = "B", primary = true }', "security_insights.core_team: more than one is primary"),
        (
            'repository = "https://git.example/acme"',
            'repository = "git@git.example:acme"',
            "security_insights.repository is 'git@git.example:acme': expected an https address without credentials",
        ),
        (
            '"a@acme.example"',
            '"a at acme"',
            "security_insights.administrators.email is 'a at acme': expected a mail address",
        ),
        (
            "[reporting]",
            '[governance]\nmodel = "cathedral"\n[reporting]',
            "governance.model is 'cathedral' and security_insights.accepts_change_request is true",
        ),
        ('"acme/acme"', '"acme"', "reporting.github is 'acme': expected OWNER/REPO"),
        (
            '"acme/acme"',
            '"OWNER/REPO"',
            "reporting.github is 'OWNER/REPO': expected your own owner and repository in place of the placeholder",
        ),
    ],
)
def test_what_is_refused(was: str, becomes: str, message: str) -> None:
    assert was in SETTINGS
    with pytest.raises(UsageError) as caught:
        written(SETTINGS.replace(was, becomes))
    assert caught.value.message == f".security-config.toml: {message}"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_stay_names(hostile: str) -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    given = config(SETTINGS)
    person = msgspec.structs.replace(given.security_insights.core_team[1], name=hostile)
    settings = msgspec.structs.replace(given.security_insights, core_team=(person,), self_assessment=hostile)
    text = write_insights(facts(config=msgspec.structs.replace(given, security_insights=settings)), None)
    read = yaml.safe_load(text or "")
    assert read["repository"]["core-team"][0]["name"] == printable(hostile)
    assert read["repository"]["security"]["assessments"]["self"]["comment"] == printable(hostile)
    assert list(read) == ["header", "project", "repository"]


@pytest.fixture(scope="module")
def cue(shared_data: Path) -> str:
    path = shared_data / "schemas" / "security-insights-2.2.0.cue"
    if not path.is_file():
        pytest.skip("needs the schema of security-insights in the shared data folder")
    return path.read_text()


@pytest.mark.parametrize("name", sorted(CUE_NAMES))
def test_our_types_are_those_of_the_schema(cue: str, name: str) -> None:
    """Nothing there that the schema does not know, nothing missing or optional that it requires."""
    body = re.search(rf"^#{name}: {{\n(.*?)^}}", cue, re.DOTALL | re.MULTILINE)
    assert body is not None
    known = dict(re.findall(r'^\t"?([a-z-]+)"?(\??):', body[1], re.MULTILINE))
    ours = {field.encode_name: field.required for field in msgspec.structs.fields(CUE_NAMES[name])}
    assert ours.keys() <= known.keys()
    required = {key for key, optional in known.items() if not optional}
    assert {key for key, needed in ours.items() if needed} >= required


@pytest.mark.parametrize(
    ("name", "ours"), [("URL", contract.Url), ("Email", contract.Email), ("SchemaVersion", contract.Version)]
)
def test_our_patterns_are_those_of_the_schema(cue: str, name: str, ours: object) -> None:
    found = re.search(rf'^#{name}: =~"\^(.*)\$"$', cue, re.MULTILINE)
    assert found is not None
    [meta] = get_args(ours)[1:]
    assert meta.pattern == rf"\A{found[1].replace(chr(92) * 2, chr(92))}\Z"


def test_the_states_are_those_of_the_schema(cue: str) -> None:
    found = re.search(r"^\tstatus: (.*)$", cue, re.MULTILINE)
    assert found is not None
    [meta] = get_args(contract.Status)[1:]
    assert meta.pattern == rf"\A({'|'.join(re.findall(r'[A-Za-z]+', found[1]))})\Z"
