"""Ignore lists of other tools: what is read, from where, and what is told instead of guessed."""

from __future__ import annotations

import re
import tomllib

import pytest

from ops.supply_chain.assurance.adoption.config_text import config_text, waivers_text
from ops.supply_chain.assurance.adoption.ignore_files import ignored_by_osv_scanner, ignored_by_trivy, ignored_by_uv
from ops.supply_chain.assurance.adoption.ignore_lists import LARGEST_BYTES, import_ignores
from ops.supply_chain.assurance.adoption.model import IgnoredAdvisory, ImportedIgnores
from ops.supply_chain.assurance.adoption.pip_audit_flags import ignored_by_pip_audit
from ops.supply_chain.assurance.adoption.trivy_yaml import ignored_by_trivy_yaml
from ops.supply_chain.contracts.config.file import CONFIG_NAME, parse_config
from ops.supply_chain.risk.waivers.parse import parse_waivers
from tests.assurance.adoption.world import survey

A, B = "GHSA-aaaa-bbbb-cccc", "PYSEC-2024-48"

FLAGS = {
    "a shell line": (f"pip-audit --ignore-vuln {A} -r x", [(A, 1)]),
    "with equals": (f"pip-audit --ignore-vuln={A}", [(A, 1)]),
    "quoted": (f"pip-audit --ignore-vuln '{A}'", [(A, 1)]),
    "several": (f"run: |\n  pip-audit --ignore-vuln {A} \\\n    --ignore-vuln {B}\n", [(A, 2), (B, 3)]),
    "over a line end": (f"pip-audit --ignore-vuln \\\n  {A}\n", [(A, 2)]),
    "a Python list": (f'session.run("pip-audit", "--ignore-vuln", "{A}")', [(A, 1)]),
    "a YAML list": (f"args:\n  - --ignore-vuln\n  - {A}\n", [(A, 3)]),
    "a YAML flow list": (f'args: ["--ignore-vuln", "{A}", "--strict"]', [(A, 1)]),
    "a comment": (f"# pip-audit --ignore-vuln {A}\n", []),
    "another option": ("pip-audit --ignore-vulnerable-thing X-1", []),
    "no id behind it": ("pip-audit --ignore-vuln --dry-run", []),
    "the action, a block": (f"  with:\n    ignore-vulns: |\n      {A}\n      {B}\n    inputs: a-b\n", [(A, 3), (B, 4)]),
    "the action, a line": (f"    ignore-vulns: {A} {B} # not-this\n", [(A, 1), (B, 1)]),
}


@pytest.mark.parametrize(("text", "found"), FLAGS.values(), ids=FLAGS.keys())
def test_options_of_pip_audit(text: str, found: list[tuple[str, int]]) -> None:
    assert ignored_by_pip_audit("f", text) == tuple(
        IgnoredAdvisory(id=name, source=f"f:{line}") for name, line in found
    )


def test_many_options_take_no_time() -> None:
    assert ignored_by_pip_audit("f", ("--ignore-vuln" + " " * 300) * 4000) == ()


def test_osv_scanner() -> None:
    text = f"""
[[IgnoredVulns]]
id = "{A}"
ignoreUntil = 2026-12-31
reason = "only on Windows"
[[IgnoredVulns]]
id = "{B}"
ignoreUntil = 2026-12-31T10:00:00Z
[[IgnoredVulns]]
reason = "of nothing"
[[PackageOverrides]]
name = "x"
ignore = true
"""
    assert ignored_by_osv_scanner("a/osv-scanner.toml", text) == ImportedIgnores(
        entries=(
            IgnoredAdvisory(id=A, source="a/osv-scanner.toml", reason="only on Windows", until="2026-12-31"),
            IgnoredAdvisory(id=B, source="a/osv-scanner.toml", until="2026-12-31"),
        ),
        notes=(
            "a/osv-scanner.toml: IgnoredVulns entry 3 has no advisory id and was not imported",
            "a/osv-scanner.toml: PackageOverrides (1) not imported: a waiver covers one finding, not a package",
        ),
    )


def test_trivyignore() -> None:
    text = f"# why\n{A} exp:2026-12-31\n{B}  # inline\n\nAVD\n"
    assert ignored_by_trivy(".trivyignore", text) == ImportedIgnores(
        entries=(
            IgnoredAdvisory(id=A, source=".trivyignore:2", until="2026-12-31"),
            IgnoredAdvisory(id=B, source=".trivyignore:3"),
        ),
        notes=(".trivyignore:5: not imported: not an advisory id",),
    )


def test_trivyignore_yaml() -> None:
    text = f"""---
misconfigurations:
  - id: AVD-DS-0001
vulnerabilities:
  # a comment
  - id: {A}
    purls:
      - "pkg:pypi/Django@4.2"
    expired_at: 2026-12-31
    statement: "it's \\"fine\\""
  - paths:
      - usr/lib
    id: '{B}'
    statement: it is fine # really
  - statement: nothing
  - id: "no id"
  - CVE-2026-1
secrets:
  - id: aws-key
"""
    assert ignored_by_trivy_yaml("t", text) == ImportedIgnores(
        entries=(
            IgnoredAdvisory(id=A, source="t:6", reason='it\'s "fine"', until="2026-12-31", package="Django"),
            IgnoredAdvisory(id=B, source="t:11", reason="it is fine"),
        ),
        notes=(
            "t: $.vulnerabilities[2].id: is missing; not imported",
            "t: $.vulnerabilities[3].id: is not an advisory id; not imported",
            "t: $.vulnerabilities[4]: expected an object, found a text; not imported",
        ),
    )


TRIVY = {
    "in brackets": ("vulnerabilities: [{id: CVE-2026-1}]\n", ["CVE-2026-1"], ()),
    "none": ("vulnerabilities: []\n", [], ()),
    "nothing": ("# nothing\n", [], ()),
    "a text": (
        "CVE-2026-1\n",
        [],
        ("t: $: expected an object, found a text; its ignore list, if any, was not imported",),
    ),
    "only others": ("secrets:\n  - id: aws-key\n", [], ()),
    "no list": (
        "vulnerabilities: CVE-2026-1\n",
        [],
        ("t: $.vulnerabilities: expected an array, found a text; its ignore list, if any, was not imported",),
    ),
    "an alias": (
        "a: &a x\nvulnerabilities:\n  - id: *a\n",
        [],
        ("t: line 1: has an anchor; its ignore list, if any, was not imported",),
    ),
    "a number": (
        "vulnerabilities:\n  - id: 7\n",
        [],
        ("t: $.vulnerabilities[0].id: expected a text, found a number; not imported",),
    ),
}


@pytest.mark.parametrize("name", TRIVY)
def test_shapes_of_a_trivyignore_yaml(name: str) -> None:
    text, ids, notes = TRIVY[name]
    found = ignored_by_trivy_yaml("t", text)
    assert [entry.id for entry in found.entries] == ids
    assert found.notes == notes


def test_uv() -> None:
    text = f'[tool.uv.audit]\nignore = ["{A}", 7]\nignore-until-fixed = ["{B}"]\n'
    assert ignored_by_uv("pyproject.toml", text) == ImportedIgnores(
        entries=(
            IgnoredAdvisory(id=A, source="pyproject.toml"),
            IgnoredAdvisory(id=B, source="pyproject.toml", reason="ignored until a fix is available"),
        ),
        notes=("pyproject.toml: an entry of audit.ignore is not an advisory id and was not imported",),
    )
    assert ignored_by_uv("uv.toml", f'[audit]\nignore = ["{A}"]\n').entries == (
        IgnoredAdvisory(id=A, source="uv.toml"),
    )


@pytest.mark.parametrize(
    "text", ["[", "audit = 1\ntool = 2", "[tool]\nuv = []", "[audit]\nignore = 'x'", "a=" + "[" * 9999]
)
def test_a_broken_table_is_no_list(text: str) -> None:
    for reader in (ignored_by_uv, ignored_by_osv_scanner):
        found = reader("pyproject.toml", text)
        assert found.entries == ()
        assert len(found.notes) <= 1


def test_all_lists_of_a_project() -> None:
    files: dict[str, bytes | None] = {
        ".github/workflows/ci.yml": f"run: pip-audit --ignore-vuln {A}".encode(),
        ".gitlab-ci.yml": b"pip-audit --ignore-vuln X-2",
        "tox.ini": b"  pip-audit --ignore-vuln X-3\xff",
        "noxfile.py": b'"--ignore-vuln", "X-4"',
        "Makefile": b"\tpip-audit --ignore-vuln X-5",
        ".pre-commit-config.yaml": b"args: [--ignore-vuln, X-6]",
        "scripts/audit.sh": b"pip-audit --ignore-vuln=X-7",
        "a/osv-scanner.toml": b'[[IgnoredVulns]]\nid = "X-8"\n',
        ".trivyignore": b"X-9\n",
        ".trivyignore.yaml": b"vulnerabilities:\n  - id: X-10\n",
        "pyproject.toml": b'[tool.uv.audit]\nignore = ["X-11"]\n[tool.poe]\na = "pip-audit --ignore-vuln X-12"\n',
        "docs/how.md": b"pip-audit --ignore-vuln X-13",
        "b/.trivyignore": None,
        "c/.trivyignore": b"#" * (LARGEST_BYTES + 1),
    }
    found = import_ignores(files, files.__getitem__)
    assert {one.id for one in found.entries} == {A} | {f"X-{number}" for number in range(2, 13)}
    assert found.notes == (
        "b/.trivyignore: could not be read or is too large; its ignore list, if any, was not imported",
        "c/.trivyignore: could not be read or is too large; its ignore list, if any, was not imported",
    )


FEEDS = '[feeds]\nkev = "default"\nepss = "default"\n'
NASTY = 'x"\n[[waivers]]\nid = "CVE-2026-9"\r\u2028\x00'
HOSTILE = (
    IgnoredAdvisory(id=A, source=f".trivyignore{NASTY}:1", reason=NASTY, until="2026-12-31", package=NASTY),
    IgnoredAdvisory(id=B, source="https://user:s3cret@example.org/x:1", reason="https://user:s3cret@example.org/"),
)


def test_an_import_is_never_in_force() -> None:
    text = config_text(survey(ignored=ImportedIgnores(entries=HOSTILE)))
    assert parse_config(text) == parse_config(f'component_name = "{survey().name}"\n{FEEDS}')
    assert all(line.startswith("#") or not line for line in waivers_text(HOSTILE).splitlines())
    assert "s3cret" not in text


def test_an_import_with_its_marks_taken_away_still_waives_nothing() -> None:
    lines = [line.removeprefix("# ") for line in waivers_text(HOSTILE).splitlines()]
    uncommented = [line for line in lines if re.match(r"\[\[waivers\]\]$|[a-z]+ = ", line)]
    assert len(uncommented) == 2 * 7
    config = parse_config("\n".join(uncommented))
    assert [entry.id for entry in config.waivers] == [A, B]
    waivers, findings = parse_waivers(config)
    assert waivers == ()
    assert {finding.message for finding in findings} >= {
        "waivers[0] has no owner",
        "waivers[0] has no date",
        "waivers[1] has no expires",
    }


def test_what_is_known_is_filled_in_and_what_is_missing_marked() -> None:
    one = IgnoredAdvisory(id=A, source="osv-scanner.toml", reason="only on Windows", until="2026-12-31")
    assert waivers_text([one]).splitlines()[3:] == [
        "# From osv-scanner.toml:",
        "# [[waivers]]",
        f'# id = "{A}"',
        '# package = ""  # limit it to one package if you can',
        '# reason = "only on Windows"',
        '# owner = ""  # MISSING: who is responsible?',
        '# date = ""  # MISSING: the date of the decision, for example 2026-01-31',
        '# expires = "2026-12-31"  # from the imported list: check it',
    ]


def test_the_shown_defaults_are_the_defaults() -> None:
    text = config_text(survey(name="widget", python="3.12", python_source=".python-version"))
    shown = [line.removeprefix("# ") for line in text.splitlines() if " = " in line and line.startswith("# ")]
    assert len(shown) > 12
    lines = [line.removeprefix("# ") if line.removeprefix("# ") in shown else line for line in text.splitlines()]
    plain = parse_config(f'component_name = "widget"\n{FEEDS}')
    assert parse_config(text) == parse_config("\n".join(lines)) == plain
    assert tomllib.loads("\n".join(lines))["retention"]["days"] == plain.retention.days
    assert '# The project declares "3.12" (.python-version).' in text


def test_the_shown_signer_is_the_release_workflow_and_nobody_yet() -> None:
    text = config_text(survey(repository="acme/wid.get"))
    assert parse_config(text, where=CONFIG_NAME).signing.identities == ()
    entry = [line for line in text.splitlines() if line.startswith(("#issuer", "#identity_regex", "#role", "#since"))]
    reporting = next(line for line in text.splitlines() if line.startswith("#github"))
    assert parse_config("[reporting]\n" + reporting.removeprefix("#")).reporting.github == "acme/wid.get"
    config = parse_config("[[signing.identities]]\n" + "\n".join(line.removeprefix("#") for line in entry))
    [identity] = config.signing.identities
    assert identity.issuer == "https://token.actions.githubusercontent.com"
    assert identity.identity_regex == (
        r"https://github\.com/acme/wid\.get/\.github/workflows/release\.yml@refs/tags/v.+"
    )
