"""The security policy: no claim without evidence, nothing of strangers as markup, every section as configured."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import msgspec
import pytest
from markdown_it import MarkdownIt

from ops.supply_chain.assurance.documents.claim_renderer import ClaimRenderer
from ops.supply_chain.assurance.documents.evidence_text import NEAR_L2
from ops.supply_chain.assurance.documents.facts import DeferredCve, DescribedFile, DocumentFacts
from ops.supply_chain.assurance.documents.maintainer_text import NOT_PROMISED
from ops.supply_chain.assurance.documents.placeholders import names
from ops.supply_chain.assurance.documents.release_text import S2C2F_LEVELS, SLSA_CLAIMS, slsa_level
from ops.supply_chain.assurance.documents.security_md import write_security_md
from ops.supply_chain.assurance.documents.template import read_template
from ops.supply_chain.contracts.config.documents import Section
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.links import MoreLink
from ops.supply_chain.contracts.config.signing import SigningConfig, SigningIdentity, SigningMode
from ops.supply_chain.contracts.files.claims import ClaimStatus, ControlStatus
from ops.supply_chain.core.errors import InputError, UsageError
from tests.assurance.documents.support import HOSTILE, IDS, config, controls, facts, released, report, source, verdict
from tests.fakes.compiled_templates import use_compiled_templates


@pytest.fixture(autouse=True)
def _compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    use_compiled_templates(monkeypatch)


@pytest.fixture(scope="module")
def default(repository: Path) -> str:
    return (repository / "templates" / "SECURITY.md.template").read_text()


def written(template: str, given: DocumentFacts) -> str:
    return write_security_md(template, given).text


@pytest.mark.parametrize("claim", IDS)
def test_a_claim_appears_only_where_it_is_supported(claim: str) -> None:
    template = f'{{% claim "{claim}" %}}The text of it.{{% endclaim %}}\n'
    good = written(template, released(claim))
    assert "The text of it. [\\[1\\]](#evidence)\n" in good
    assert f"| 1 | `{claim}` | `release:acme-1.0-{claim}.json` |" in good
    bad = written(template, released(*(one for one in IDS if one != claim)))
    assert "The text of it." not in bad
    assert f"It is not shown that {claim} holds.\n" in bad
    assert "#evidence" not in bad


@pytest.mark.parametrize("standing", [ClaimStatus.NOT_SUPPORTED, ClaimStatus.NOT_EXAMINED])
@pytest.mark.parametrize("optional", ["", " optional"])
def test_what_is_asserted_and_not_supported_is_named(standing: ClaimStatus, optional: str) -> None:
    one = msgspec.structs.replace(verdict("signed-releases", supported=False), standing=standing)
    given = facts(report(release=source(), claims=(one,)))
    made = write_security_md(f'{{% claim "signed-releases"{optional} %}}Signed.{{% endclaim %}}', given)
    expected = [] if optional else [("signed-releases", ("Nothing shows signed-releases.",))]
    assert [(found.id, found.missing) for found in made.unsupported] == expected
    assert "Signed." not in made.text


def test_a_claim_in_a_part_that_is_not_shown_is_not_asserted() -> None:
    template = '{% if HAS_RELEASE %}{% claim "signed-releases" %}x{% endclaim %}{% endif %}'
    assert write_security_md(template, facts()).unsupported == ()
    assert len(write_security_md(template, released()).unsupported) == 1


def test_configuration_may_insist_on_a_claim() -> None:
    settings = config('[documents]\nrequired_claims = ["slsa-build-l1"]\n')
    assert [one.id for one in write_security_md("x", released(config=settings)).unsupported] == ["slsa-build-l1"]
    assert write_security_md("x", released("slsa-build-l1", config=settings)).unsupported == ()
    with pytest.raises(UsageError) as caught:
        write_security_md("x", facts(config=config('[documents]\nrequired_claims = ["slsa-l1"]\n')))
    assert caught.value.message == "documents.required_claims: unknown claim 'slsa-l1'"
    assert caught.value.hint == "The nearest are slsa-build-l1, slsa-build-l3, slsa-build-l2."


def test_an_empty_tag_gives_the_sentence_of_the_claim() -> None:
    text = written('{% claim "signed-releases" %}{% endclaim %}', released("signed-releases"))
    assert text.startswith("The claim signed-releases holds. [\\[1\\]](#evidence)\n")


def test_numbers_follow_the_order_of_the_document_and_evidence_is_added_where_the_template_has_none() -> None:
    template = '{% claim "vex-published" %}b{% endclaim %} {% claim "no-drift" %}a{% endclaim %} {% claim "vex-published" %}c{% endclaim %}'
    text = written(template, released(*IDS))
    assert text.startswith(
        "b [\\[1\\]](#evidence) a [\\[2\\]](#evidence) c [\\[1\\]](#evidence)\n\n## Evidence\n\n| no. |"
    )
    assert [line.split("`")[1] for line in text.splitlines() if re.match(r"\| \d", line)] == [
        "vex-published",
        "no-drift",
    ]


@pytest.mark.parametrize("claims", [(), tuple(IDS)])
def test_a_rehearsal_says_so_at_the_top_whatever_the_template(default: str, claims: tuple[str, ...]) -> None:
    for template in (default, "# Title\n\nText.\n", "Text.\n"):
        text = written(template, released(*claims, rehearsal=True))
        head = text[: text.index("\n\n", text.index("> "))]
        assert "describes a rehearsal, not a release" in head
        assert len(head.splitlines()) <= 3
        assert '"rehearsal": true' in text.splitlines()[-1]


def test_without_a_release_nothing_is_claimed(default: str) -> None:
    text = written(default, facts())
    assert "> **When this document was generated, no release had been made with this pipeline.**" in text
    assert "[\\[" not in text
    assert "verify-blob" not in text
    assert text.endswith('\n<!-- sealwright {"component": "acme", "evidence": null, "schema": "security-md/1"} -->\n')


def test_of_a_rehearsal_no_signature_is_offered_for_checking(default: str) -> None:
    assert "cosign verify-blob" not in written(default, released(*IDS, rehearsal=True))
    assert "cosign verify-blob" in written(default, released(*IDS))


def test_the_default_template_asserts_nothing_so_that_a_first_release_can_be_made(default: str) -> None:
    given = facts()
    read = read_template(default, name="T", known=names(given), claims=IDS)
    assert [one.id for one in read.claims if not one.optional] == []
    assert len({one.id for one in read.claims}) > 40


def test_the_default_template_names_claims_of_the_catalogue(repository: Path, default: str) -> None:
    catalogue = {path.name.replace("_", "-") for path in (repository / "policy" / "claims").iterdir()}
    read = read_template(default, name="T", known=names(facts()), claims=IDS)
    assert {one.id for one in read.claims} - catalogue == set()


def test_the_author_comment_is_dropped(default: str) -> None:
    assert default.startswith("<!--")
    assert written(default, facts()).startswith("# Security policy of acme\n")


STATED = """
[reporting]
email = "security@acme.example"
acknowledge_days = 3
[response]
medium_days = 30
[support]
policy = "newest"
[governance]
model = "open"
[compliance]
cra_role = "steward"
attestation = "on-request"
cryptography = "none"
audit = "internal"
[[signing.identities]]
issuer = "https://i.example"
identity = "a@acme.example"
from = 2026-01-01
[[more_links]]
title = "Docs"
url = "docs/"
"""
"""A configuration in which each section has something to state."""

DEFERRED = DeferredCve(
    id="CVE-2026-1",
    package="idna",
    versions="<4",
    reason="Later.",
    since=dt.date(2026, 11, 1),
    until=dt.date(2026, 12, 1),
)


@pytest.mark.parametrize("section", Section)
def test_each_section_can_be_switched_off(default: str, section: Section) -> None:
    head = "converted = true\n"
    on, off = (config(head + more + STATED) for more in ("", f'documents.sections_off = ["{section.value}"]\n'))
    with_it, without = (
        set(re.findall(r"^## .*$", written(default, released(*IDS, config=each, deferred=(DEFERRED,))), re.MULTILINE))
        for each in (on, off)
    )
    assert len(with_it - without) == 1
    assert without < with_it


NOTHING = """# Security policy of acme

## Reporting a vulnerability

Please do not report vulnerabilities in public issues, discussions or change requests before they are fixed.

No private channel for reports is configured yet. Until there is one, ask the maintainers in public for a private contact, without any detail of the vulnerability.

Please include the affected version, what an attacker can do with it, and the steps to reproduce it. An incomplete report
is better than none.

## Verifying a download

> **When this document was generated, no release had been made with this pipeline.** The document makes no claims about releases.

<!-- sealwright {"component": "acme", "evidence": null, "schema": "security-md/1"} -->
"""


def test_where_nothing_is_configured_and_nothing_claimed_it_is_short(default: str) -> None:
    assert written(default, facts()) == NOTHING


@pytest.mark.parametrize("given", [(), ("daily-scan",), tuple(IDS)])
@pytest.mark.parametrize("stated", ["", STATED])
def test_no_section_is_empty_and_absences_are_only_in_the_appendix(
    default: str, given: tuple[str, ...], stated: str
) -> None:
    text = written(default, released(*given, config=config(stated), deferred=(DEFERRED,)))
    assert not re.search(r"^(#+) .*\n\n(?:\1 |<!--)", text, re.MULTILINE)
    body, _, appendix = text.partition("## Appendix for auditors\n")
    assert "It is not shown that" not in body
    assert "have not stated" not in body
    shown = {claim for claim in IDS if f'{{% claim "{claim}" ' in default}
    shown -= set() if stated else {"signing-identities-published"}
    for claim in IDS:
        expected = claim in shown - {"retained-ten-years"} and claim not in given  # of manufacturers
        assert (f"- It is not shown that {claim} holds.\n" in appendix) == expected
    unstated = "since which release this description applies" if stated else "which versions get security fixes; "
    assert f"- Not stated by the maintainers: {unstated}" in appendix


def test_that_there_is_no_release_is_stated_once(default: str) -> None:
    for given in (facts(), facts(config=config(STATED)), released(rehearsal=True)):
        assert written(default, given).count("no release had been made") == 1
    off = config(STATED + '[documents]\nsections_off = ["commands"]\n')
    assert written(default, facts(config=off)).count("no release had been made") == 1


def test_reports_come_first(default: str) -> None:
    text = written(default, released(*IDS, config=config(STATED)))
    assert re.findall(r"^## .*$", text, re.MULTILINE)[:3] == [
        "## Reporting a vulnerability",
        "## Supported versions",
        "## Response targets",
    ]


def test_what_the_maintainers_denied_is_in_the_appendix(default: str) -> None:
    text = written(default, facts(config=config('[compliance]\naudit = "none"\n[support]\npolicy = "newest"\n')))
    assert "## Audits" not in text
    assert "\n- No security audit of this project has been published.\n- Not stated by" in text
    assert "security audits" not in text


def test_every_placeholder_can_stand_in_a_template() -> None:
    for given in (facts(), released(), released(*IDS, rehearsal=True)):
        for name in names(given):
            template = (
                f"{{% if {name} %}}x{{% endif %}}"
                if name.startswith(("SECTION_", "HAS_", "IS_"))
                else f"{{{{{name}}}}}"
            )
            assert written(template, given)


def test_a_release_without_files_or_identities_says_so(default: str) -> None:
    text = written(default, released(files=(), retained_until=""))
    assert "## Who signs" not in text
    assert "## SBOMs" not in text
    assert "who may sign releases" in text.partition("### Not claimed")[2]


def test_checksums_are_not_called_signatures() -> None:
    settings = msgspec.structs.replace(config(), signing=SigningConfig(mode=SigningMode.CHECKSUMS))
    text = written("{{SIGNING_IDENTITIES}}", released(config=settings))
    assert "Releases of this project are not signed; only their digests are published." in text


def test_identities_stand_with_their_dates() -> None:
    signing = SigningConfig(
        identities=(
            SigningIdentity(issuer="https://i.example", identity="a@acme.example", role="Ann", since="2026-01-01"),
            SigningIdentity(issuer="https://i.example", identity_regex="https://x/.*|y", until="2026-06-30"),
        )
    )
    text = written("{{SIGNING_IDENTITIES}}", released(config=msgspec.structs.replace(config(), signing=signing)))
    assert "| Ann | `a@acme.example` | `https://i.example` | 2026-01-01 | not limited |" in text
    assert (
        "| not stated | matches https&#58;&#47;&#47;x&#47;&#46;&#42;&#124;y | `https://i.example` | not limited | 2026-06-30 |"
        in text
    )


def test_acknowledged_findings_stand_by_the_day_on_which_they_end() -> None:
    def one(name: str, day: int) -> DeferredCve:
        return DeferredCve(
            id=name,
            package="idna",
            versions="<4",
            reason="Later.",
            since=dt.date(2026, 11, 1),
            until=dt.date(2026, 12, day),
        )

    text = written("{{ACKNOWLEDGED_CVES}}", facts(deferred=(one("CVE-2026-2", 9), one("CVE-2026-1", 3))))
    rows = [line for line in text.splitlines() if line.startswith("| CVE")]
    assert rows == [
        "| CVE-2026-1 | idna &#60;4 | Later. | 2026-11-01 | 2026-12-03 |",
        "| CVE-2026-2 | idna &#60;4 | Later. | 2026-11-01 | 2026-12-09 |",
    ]


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ((), "No SLSA Build level is claimed: the evidence of the release acme 1.0 supports none."),
        (("slsa-build-l1",), "SLSA Build L1, and no higher level, is claimed."),
        (("slsa-build-l1", "slsa-build-l2"), "SLSA Build L2, and no higher level, is claimed."),
        (("slsa-build-l2", "slsa-build-l3"), "No SLSA Build level is claimed"),
        (("slsa-build-l1", "slsa-build-l3"), "SLSA Build L1, and no higher level, is claimed."),
    ],
)
def test_slsa_levels_have_no_gaps(claims: tuple[str, ...], said: str) -> None:
    given = released(*claims)
    assert slsa_level(given, ClaimRenderer(given.claims)).startswith(said)


def test_s2c2f_levels_have_no_gaps() -> None:
    first, second = S2C2F_LEVELS[1], S2C2F_LEVELS[2]

    def said(*met: str) -> str:
        given = facts(report(release=source(), controls=controls(*met)))
        return written("{{S2C2F_LEVEL}}", given).splitlines()[0]

    assert (
        said(*first[1:])
        == "No S2C2F level is reached: 5 of 25 practices of S2C2F v1.1 are met. Not met for level 1: ING-1."
    )
    assert said(*first, *second[:-1]).startswith("S2C2F level 1 is reached: 12 of 25")
    assert said(*first, *second, "AUD-4").startswith("S2C2F level 2 is reached: 14 of 25")
    everything = [one for ids in S2C2F_LEVELS.values() for one in ids]
    assert said(*everything) == "S2C2F level 4 is reached: 25 of 25 practices of S2C2F v1.1 are met."


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (ControlStatus.OUT_OF_SCOPE, "Out of scope by decision, so level 1 is not claimed: ING-1."),
        (ControlStatus.NOT_EXAMINED, "Not examined for level 1: ING-1."),
    ],
)
def test_level_and_table_agree(status: ControlStatus, said: str) -> None:
    decided = tuple(
        msgspec.structs.replace(control, standing=status) if "ING-1" in control.id else control
        for control in controls(*S2C2F_LEVELS[1])
    )
    text = written("{{S2C2F_LEVEL}}\n\n{{S2C2F_PRACTICES}}", facts(report(release=source(), controls=decided)))
    assert text.startswith(f"No S2C2F level is reached: 5 of 25 practices of S2C2F v1.1 are met. {said}")
    assert "Not met for level 1" not in text
    assert f"| ING-1 | Title of ING-1 | {status.value.replace('-', ' ')} |" in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_harms_nothing(default: str, hostile: str) -> None:
    settings = msgspec.structs.replace(config(), more_links=(MoreLink(title=hostile, url=hostile.replace("://", ":")),))
    for table, field in (
        ("reporting", "text"), ("support", "text"), ("governance", "text"), ("compliance", "cra_text"),
        ("compliance", "export_text"), ("compliance", "audit_text"), ("compliance", "attestation_text"),
        ("reporting", "severity_decided_by"),
    ):  # fmt: skip
        settings = _set(settings, table, field, hostile)
    settings = _set(settings, "reporting", "not_accepted", (hostile,))
    identity = SigningIdentity(issuer=hostile, identity=hostile, role=hostile, since=hostile)
    settings = _set(settings, "signing", "identities", (identity,))
    claims = report(
        *IDS,
        release=source(component=hostile, version=hostile),
        claims=tuple(verdict(one, supported=False, missing=(hostile,), otherwise=hostile) for one in IDS),
        controls=tuple(msgspec.structs.replace(one, title=hostile, reason=hostile) for one in controls()),
    )
    day = dt.date(2026, 11, 1)
    deferred = DeferredCve(id=hostile, package=hostile, versions=hostile, reason=hostile, since=day, until=day)
    files = (DescribedFile(name=hostile, meaning=hostile, signed=True, sbom=True),)
    given = facts(claims, component=hostile, config=settings, deferred=(deferred,), files=files)
    text = written(default, given)
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    tags = set(re.findall(r"<[^>]*>", rendered))
    plain = r"</?(?:p|ul|li|code|h[1-3]|blockquote|strong|pre|table|thead|tbody|tr|th|td|a)>"
    assert sorted(tag for tag in tags if not re.fullmatch(plain, tag) and not tag.startswith("<!-- sealwright {")) in (
        ['<a href="#evidence">'],
        ['<a href="#evidence">', '<code class="language-console">'],
    )
    assert rendered.count("<!--") == text.count("-->") == 1
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


def _set(settings: Config, table: str, field: str, value: object) -> Config:
    inner = msgspec.structs.replace(getattr(settings, table), **{field: value})
    return msgspec.structs.replace(settings, **{table: inner})


SETTING = "Weakened by configuration: gate.fail_on from low to high (accepted until 2026-12-01: we <b>know</b>)."


@pytest.mark.parametrize("template", ["{{EVIDENCE_NOTICE}}\n", "# Security\n\nNothing more.\n"])
def test_what_weakened_the_gate_is_at_the_top_whatever_the_template_says(template: str) -> None:
    claims = (verdict("gate-not-weakened", supported=False, missing=(SETTING,)),)
    text = written(template, facts(report(release=source(), claims=claims)))
    shown = text.replace("\\", "")
    assert "> **Weakened by configuration: gate.fail_on from low to high (accepted until 2026-12-01: we " in shown
    assert "<b>" not in shown


def test_a_gate_that_was_not_weakened_needs_no_notice() -> None:
    assert "Weakened" not in written("{{EVIDENCE_NOTICE}}\n", released("gate-not-weakened"))


def test_a_policy_in_words() -> None:
    settings = config("""
[reporting]
email = "security@acme.example"
acknowledge_days = 1
disclosure_days = 90
credit = true
bug_bounty = true
[response]
critical_days = 1
medium_days = 30
starts = "confirmation"
zone = "Europe/Stockholm"
holidays = [2026-12-24, 2026-12-25]
weekend = ["friday"]
[support]
policy = "listed"
versions = [{ versions = "2.x", until = 2027-01-01 }, { versions = "1.x", supported = false, note = "too old" }]
[governance]
model = "cathedral"
""")
    text = written(
        "{{REPORTING_CHANNEL}}\n{{REPORTING_TERMS}}\n{{RESPONSE_TARGETS}}\n{{CLOCK_START}}\n{{SUPPORTED_VERSIONS}}\n{{GOVERNANCE}}",
        released(config=settings),
    )
    for sentence in (
        "Write to security&#64;acme&#46;example.",
        "You get a first answer within 1 day.",
        "The vulnerability is disclosed at the latest 90 days after the report.",
        "Reporters are credited with the fix if they wish.",
        "There is a bug bounty.",
        "| critical, and malware | within 1 business day |",
        "| medium | within 30 business days |",
        "| low | no target |",
        "The clock starts when a scan of this project first reports the vulnerability.",
        "Business days are all days except Fridays and 2 configured holidays, in the time zone `Europe/Stockholm`",
        "| 2.x | yes | 2027-01-01 |   |",
        "| 1.x | no | not stated | too old |",
        "changes come from the maintainers only",
    ):
        assert sentence in text, sentence
    assert NOT_PROMISED not in text


def test_a_target_may_be_the_next_regular_release(default: str) -> None:
    text = written(default, facts(config=config('[response]\nmedium_days = 30\nwithout_days = "next-release"\n')))
    assert "| medium | within 30 business days |\n| low | with the next regular release |\n" in text
    assert "| low | no target |" in written("{{RESPONSE_TARGETS}}", facts())


def test_what_is_exploited_may_have_a_target_of_its_own() -> None:
    text = written("{{RESPONSE_TARGETS}}", facts(config=config("[response]\nexploited_days = 1\n")))
    assert "within 1 business day of the listing, if that is earlier |\n| critical" in text
    assert "KEV" not in written("{{RESPONSE_TARGETS}}", facts())


def test_what_nobody_configured_is_no_promise_of_the_maintainers() -> None:
    text = "{{RESPONSE_TARGETS}}\n{{SUPPORTED_VERSIONS}}"
    bare = written(text, released())
    assert bare.startswith(f"{NOT_PROMISED}\n\n| severity ")
    assert "The maintainers have not stated which versions get security fixes." in bare
    assert NOT_PROMISED not in written(text, released("response-clock")), "the defaults, written by the maintainers"


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        written("{{MORE_LINKS}}", facts(config=config('[[more_links]]\ntitle = "x"\nurl = "http://acme.example"\n')))
    assert caught.value.message == (
        ".security-config.toml: more_links[0].url is 'http://acme.example': expected an https address without credentials"
    )


def test_the_same_facts_give_the_same_bytes(default: str) -> None:
    assert written(default, released(*IDS)) == written(default, released(*reversed(IDS)))


def test_an_unknown_placeholder_names_its_line_and_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        written("<!-- x -->\n# {{COMPONENT_NAME}}\n\n{{SBOM_LOCATIONS}}\n", facts())
    assert caught.value.message == "SECURITY.md.template line 4: unknown placeholder {{SBOM_LOCATIONS}}"
    assert caught.value.hint.startswith("The nearest are SBOM_LOCATION, ")


PRACTICE = '[[controls.stated]]\nid = "{}"\nstatement = "{}"\n'


def test_a_stated_practice_is_a_statement_and_counts_for_no_level(default: str) -> None:
    stated = config(PRACTICE.format("ING-2", "An <b>internal</b> mirror."))
    for given in (facts(config=stated), released(config=stated)):
        text = written(default, given)
        row = next(line for line in text.splitlines() if line.startswith("| ING-2 | An "))
        assert "<b>" not in row
        assert "These are their statements, not evidence" in text
        assert "[\\[" not in text, "no evidence is numbered for it"
        assert "S2C2F level 1 is reached" not in text
    assert "S2C2F v1.1, not met: " in text.partition("### Not claimed")[2]


@pytest.mark.parametrize(
    "entries",
    [PRACTICE.format("ING-9", "x"), PRACTICE.format("ING-1", " "), PRACTICE.format("ING-1", "x") * 2],
)
def test_a_statement_about_no_practice_is_refused(default: str, entries: str) -> None:
    with pytest.raises(UsageError, match=r"controls\.stated\[[01]\]: expected one statement about a practice"):
        written(default, facts(config=config(entries)))


CLAIM_TEXT = re.compile(r'\{% claim "(?P<id>[^"]+)" appendix %\}(?P<text>[^{]*)\{% endclaim %\}')


@pytest.mark.parametrize("claim", IDS)
def test_no_sentence_of_the_default_template_survives_its_claim(default: str, claim: str) -> None:
    texts = [found["text"] for found in CLAIM_TEXT.finditer(default) if found["id"] == claim and found["text"]]
    texts += [f"The claim {claim} holds.", f"`{claim}`", *([NEAR_L2[claim]] if claim in NEAR_L2 else [])]
    stated = config("converted = true\n" + STATED)
    with_it = written(default, released(*(set(IDS) - {"slsa-build-l2"}), config=stated))
    without = written(default, released(*(set(IDS) - {"slsa-build-l2", claim}), config=stated))
    assert not [text for text in texts if text in without]
    used = claim in {found["id"] for found in CLAIM_TEXT.finditer(default)} | set(NEAR_L2)
    assert used == (f"`{claim}`" in with_it) or claim in {*SLSA_CLAIMS, "retained-ten-years"}  # of manufacturers


def test_controls_near_build_l2_are_not_called_that_level(default: str) -> None:
    text = written(default, released("slsa-build-l1", "provenance-attested"))
    assert "SLSA Build L1, and no higher level, is claimed." in text
    assert (
        "It is not claimed. What the release has of what Build L2 is about, without being that level: its provenance is a"
        in text
    )
    assert "public transparency log" not in text.partition("## Appendix")[0]
    assert "Build L2 asks for" not in written(
        default, released("slsa-build-l1", "slsa-build-l2", "provenance-attested")
    )
    assert "## SLSA" not in written(default, released())
    assert "SLSA is about" not in written(default, facts(report("provenance-attested")))


def test_s2c2f_in_words_numbers_the_evidence_of_each_requirement(default: str) -> None:
    met = tuple(
        msgspec.structs.replace(control, claims=("hash-pinned-locks", "no-drift")) for control in controls("AUD-3")
    )
    text = written(default, facts(report("hash-pinned-locks", release=source(), controls=met)))
    assert "1 of its 25 requirements are met" in text or "1 of its 25 requirements is met" in text
    line = next(line for line in text.splitlines() if line.startswith("- **Audit.** "))
    assert re.fullmatch(r"- \*\*Audit\.\*\* AUD-3: Title of AUD-3\. \[\\\[\d\\\]\]\(#evidence\)", line)
    assert "**Ingest.**" not in text


AT = '[release]\nfiles_at = "https://github.com/acme/acme/releases/download/v{version}"\n'


def test_sboms_are_linked_where_the_address_of_released_files_is_configured(default: str) -> None:
    address = "https://github.com/acme/acme/releases/download/v1.0/acme-1.0-sbom.cdx.json"
    assert f"| [acme-1.0-sbom.cdx.json](<{address}>) |" in written(default, released(*IDS, config=config(AT)))
    assert "| `acme-1.0-sbom.cdx.json` |" in written(default, released(*IDS))
    assert "releases/download" not in written(default, released(*IDS, rehearsal=True, config=config(AT)))
    odd = released(*IDS, config=config(AT))
    odd = msgspec.structs.replace(odd, claims=report(*IDS, release=source(version="1.0+x/..?#")))
    assert "/v1.0%2Bx%2F..%3F%23/acme-1.0-sbom.cdx.json>" in written(default, odd)


@pytest.mark.parametrize(
    "address",
    [
        "http://x.example/{version}",
        "https://x.example/",
        "https://u:p@x.example/{version}",
        "https://x.example/{version}?a",
    ],
)
def test_an_address_of_released_files_that_is_none_is_refused(default: str, address: str) -> None:
    with pytest.raises(UsageError, match=r"release\.files_at is ") as caught:
        written(default, facts(config=config(f'[release]\nfiles_at = "{address}"\n')))
    assert "u:p" not in caught.value.message


def test_the_worked_example_is_about_a_package_of_the_release(default: str) -> None:
    text = written(default, released())
    assert "an advisory about `idna` is published, and you deployed `1.0`." in text
    assert "jq -r --arg name idna . acme-1.0-sbom.cdx.json\n```\n\nprints `idna 3.7`." in text
    assert "worked example" not in written(default, released(example=None))
    assert "pip show" not in text, "the release has no wheel"
    wheel = DescribedFile(name="acme-1.0-py3-none-any.whl", meaning="", signed=True, sbom=False)
    assert "python3 -m pip show PACKAGE" in written(default, released(files=(wheel,)))


def test_a_trust_page_is_linked(default: str) -> None:
    text = written(default, facts(config=config('[documents]\ntrust_page = "https://acme.example/trust/"\n')))
    assert "is on the [trust page](<https://acme.example/trust/>)." in text
    with pytest.raises(UsageError, match=r"documents\.trust_page"):
        written(default, facts(config=config('[documents]\ntrust_page = "javascript:x"\n')))


def test_that_nothing_is_deferred_is_for_auditors(default: str) -> None:
    body, _, appendix = written(default, released(*IDS)).partition("## Appendix for auditors\n")
    assert "No finding is acknowledged and deferred at present." in appendix
    assert "deferred" not in body.lower()
    assert "No finding is acknowledged" not in written(default, facts(config=config(STATED)))


PERIODS = """
[support]
policy = "newest"
[[support.versions]]
versions = "1.x"
from = 2026-01-01
months = 60
reason = "<i>r</i>"
[[support.versions]]
versions = "2.x"
months = 72
"""


@pytest.mark.parametrize("role", ["undecided", "out-of-scope", "steward", "manufacturer"])
def test_retention_and_obligations_are_those_of_the_stated_role(default: str, role: str) -> None:
    text = written(default, released(*IDS, config=config(f'[compliance]\ncra_role = "{role}"\n')))
    assert ("retained by their maintainers for 10 years, or until the end of their support period" in text) == (
        role == "manufacturer"
    )
    assert ("retained by their maintainers for 365 days, as configured." in text) == (role != "manufacturer")
    assert ("retained-ten-years holds" in text) == (role == "manufacturer")
    assert ("Manufacturers report actively exploited" in text) == (role == "manufacturer")
    assert ("The obligations of stewards are those of Article 24" in text) == (role == "steward")
    assert ("## Cyber Resilience Act" in text) == (role != "undecided")


def test_longer_days_than_ten_years_are_stated_too(default: str) -> None:
    given = config('[compliance]\ncra_role = "manufacturer"\n[retention]\ndays = 9000\n')
    assert "; never for less than 9000 days, as configured." in written(default, released(config=given))


def test_support_periods_are_stated_where_they_are_configured(default: str) -> None:
    text = written(default, released(config=config(PERIODS)))
    assert "Older releases do not; upgrade to the newest.\n\nSupport periods:\n" in text
    assert "| 1.x | yes | 2026-01-01 | 2031-01-01 | " in text
    assert "| 2.x | yes | each release | 72 months later | " in text
    assert "<i>" not in text
    without = written(default, released(config=config(PERIODS.replace('policy = "newest"', ""))))
    assert "## Supported versions\n\n| versions | security fixes | from | until | note |" in without
    assert "which versions get security fixes" not in without
    assert "Support periods" not in written(default, released(config=config('[support]\npolicy = "newest"\n')))


def test_the_form_is_described_as_no_longer_required(default: str) -> None:
    text = written(default, facts(config=config('[compliance]\nattestation = "on-request"\n')))
    assert "US agencies are no longer required to collect it (OMB M-26-05" in text
