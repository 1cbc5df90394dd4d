"""Other scanners' ignore lists: valid, as wide as the waivers and no wider."""

from __future__ import annotations

import shlex
import tomllib
from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.vex import Acceptance, VexFinding
from ops.supply_chain.risk.vex.ignore_lists import OSV_SCANNER, PIP_AUDIT, TRIVY, UV, files_of, ignores_of
from tests.risk.vex.support import acceptance, finding

LABEL = "CVE-2026-1, ann, until 2026-12-31"
COVERED = VexFinding(finding("Idna", "1!3.20+x", "CVE-2026-1", "GHSA-1", waived_by=LABEL), acceptance())


def texts(*findings: VexFinding, live: tuple[Acceptance, ...] = (acceptance(),)) -> dict[str, str]:
    ignores, _ = ignores_of(live, findings)
    return {name: data.decode() for name, data in files_of(ignores).items()}


HEAD = "# Written by sealwright from the live waivers. Do not edit: change the waivers instead.\n"


def test_the_four_lists() -> None:
    found = texts(COVERED)
    assert tomllib.loads(found[OSV_SCANNER]) == {
        "IgnoredVulns": [
            {"id": name, "ignoreUntil": datetime(2027, 1, 1, tzinfo=UTC), "reason": "Only used on our own input."}
            for name in ("CVE-2026-1", "GHSA-1")
        ]
    }
    assert found[TRIVY] == HEAD + (
        "vulnerabilities:\n"
        '  - id: "CVE-2026-1"\n'
        "    purls:\n"
        '      - "pkg:pypi/idna@1%213.20%2Bx"\n'
        "    expired_at: 2027-01-01\n"
        '    statement: "Only used on our own input."\n'
        '  - id: "GHSA-1"\n'
        "    purls:\n"
        '      - "pkg:pypi/idna@1%213.20%2Bx"\n'
        "    expired_at: 2027-01-01\n"
        '    statement: "Only used on our own input."\n'
    )
    assert found[PIP_AUDIT] == "--ignore-vuln CVE-2026-1\n--ignore-vuln GHSA-1\n"
    assert tomllib.loads(found[UV]) == {"tool": {"uv": {"audit": {"ignore": ["CVE-2026-1", "GHSA-1"]}}}}
    assert "    # until 2026-12-31: Only used on our own input.\n" in found[UV]


def test_nothing_to_ignore_is_still_a_list() -> None:
    found = texts(live=())
    assert tomllib.loads(found[OSV_SCANNER]) == {}
    assert found[TRIVY] == HEAD + "vulnerabilities: []\n"
    assert found[PIP_AUDIT] == ""
    assert tomllib.loads(found[UV]) == {"tool": {"uv": {"audit": {"ignore": []}}}}


def test_a_waiver_that_covers_nothing_yet_is_exported_under_its_id() -> None:
    assert texts()[PIP_AUDIT] == "--ignore-vuln CVE-2026-1\n"
    assert "purls" not in texts()[TRIVY]


def test_what_also_stands_is_left_out_of_all() -> None:
    standing = VexFinding(finding("idna", "4.0", "PYSEC-1", "ghsa-1"), None)
    ignores, left_out = ignores_of([acceptance()], [COVERED, standing])
    assert [one.id for one in ignores] == ["CVE-2026-1"]
    assert left_out == ("GHSA-1",)
    lapsed = VexFinding(finding("idna", "4.0", "CVE-2026-1", waived_by="CVE-2026-1, until 2020-01-01"), None)
    assert ignores_of([acceptance()], [COVERED, lapsed])[1] == ("CVE-2026-1",)
    cleared = VexFinding(finding("idna", "4.0", "CVE-2026-1", waived_by="VEX: urn:x, fixed"), None)
    assert ignores_of([acceptance()], [COVERED, cleared])[1] == ()


def test_two_waivers_of_one_id_end_with_the_earlier() -> None:
    early = acceptance(until=date(2026, 11, 30), ends=datetime(2026, 12, 1, tzinfo=UTC))
    for live in ((early, acceptance()), (acceptance(), early)):
        assert [one.acceptance for one in ignores_of(live, [])[0]] == [early]


def test_trivy_never_ends_later_than_we_do() -> None:
    tokyo = acceptance(ends=datetime(2026, 12, 31, 15, tzinfo=UTC))
    assert "expired_at: 2026-12-31\n" in texts(live=(tokyo,))[TRIVY]


HOSTILE = st.text(max_size=20) | st.sampled_from(
    ['"\n[x]', "a'b", "\x7f\x9f", "\ud800", "#", "]\n", "\\", "`id`", "\ufeff", "https://u:9f2c1e77@x/"]
)


@given(name=HOSTILE, alias=HOSTILE, reason=HOSTILE)
@settings(derandomize=True, max_examples=200, deadline=None)
def test_hostile_text_can_break_none(name: str, alias: str, reason: str) -> None:
    waiver = acceptance(f"CVE-{name}", reason=reason)
    findings = VexFinding(finding("idna", name or "1", f"CVE-{name}", alias, waived_by=LABEL), waiver)
    found = texts(findings, live=(waiver,))
    entries = tomllib.loads(found[OSV_SCANNER]).get("IgnoredVulns", [])
    ignored = tomllib.loads(found[UV])["tool"]["uv"]["audit"]["ignore"]
    assert [entry["id"] for entry in entries] == ignored
    assert set(ignored) <= {f"CVE-{name}", alias}
    assert shlex.split(found[PIP_AUDIT]) == [word for one in ignored for word in ("--ignore-vuln", one)]
    assert len(found[TRIVY].splitlines()) <= 2 + 5 * len(ignored)
    assert "9f2c1e77" not in "".join(found.values())
