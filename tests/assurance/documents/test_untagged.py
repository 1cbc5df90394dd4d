"""Sentences that claim something outside a claim tag are found, wherever and however they are written."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.supply_chain.assurance.documents.untagged import Evidence, UntaggedSentence, untagged

NOTHING = Evidence(supported=lambda _: False, s2c2f=1, files=("a-1-sbom.cdx.json", "a-1-sbom.cdx.json.sigstore.json"))
EVERYTHING = Evidence(supported=lambda _: True, s2c2f=4, files=NOTHING.files)
CLAIMS = {
    "Every release artefact is signed with Sigstore.": ("signatures", "the claim signed-releases is not supported"),
    "Signatures are published.": ("signatures", "the claim signed-releases is not supported"),
    "We build at SLSA Level 3.": ("SLSA", "the claim slsa-build-l3 is not supported"),
    "SLSA L2 is met.": ("SLSA", "the claim slsa-build-l2 is not supported"),
    "We follow SLSA.": ("SLSA", "the claim slsa-build-l1 is not supported"),
    "SLSA level 4.": ("SLSA", "there is no SLSA Build level 4"),
    "S2C2F Level 2 is reached.": ("S2C2F", "the S2C2F level that is reached is 1"),
    "Builds are reproducible.": ("reproducibility", "the claim deterministic-artifacts is not supported"),
    "They are byte-identical.": ("reproducibility", "the claim deterministic-artifacts is not supported"),
    "An SBOM comes with each release.": ("SBOMs", "the claim sbom-cyclonedx is not supported"),
    "We publish VEX.": ("VEX", "the claim vex-published is not supported"),
    "Checksums are attached.": ("checksums", "the claim checksums-published is not supported"),
    "Each file has an attestation.": ("attestations", "the claim provenance-attested is not supported"),
    "Its provenance is attached.": ("provenance", "the claim provenance-published is not supported"),
    "Dependencies are scanned every day.": ("the daily scan", "the claim daily-scan is not supported"),
    "It is free of known vulnerabilities.": ("vulnerabilities", "the claim no-open-vulnerabilities is not supported"),
    "Locks are hash-pinned.": ("hashes in locks", "the claim hash-pinned-locks is not supported"),
    "Use `NAME.whl.bundle`.": ("file names", "the release has no file that ends in .bundle"),
    "See {{COMPONENT_NAME}}-1.0.intoto.jsonl for it.": (
        "file names",
        "the release has no file that ends in .intoto.jsonl",
    ),
}
SILENT = [
    "Write to us.",
    "The files are not signed.",
    "There is no SBOM.",
    "Releases are unsigned.",
    '{% claim "signed-releases" %}All is signed.{% endclaim %}',
    '{% claim "slsa-build-l3" optional %}\nSLSA Level 3,\nas attested.\n{% endclaim %}',
    "<!-- All is signed. -->",
    "{# Signed. #}",
    "{% if HAS_RELEASE %}Hello.{% endif %}",
]


def found(template: str, evidence: Evidence = NOTHING, builtin: str = "") -> list[UntaggedSentence]:
    return list(untagged(template, builtin, evidence))


@pytest.mark.parametrize("sentence", CLAIMS)
def test_a_sentence_that_claims_is_found_and_compared(sentence: str) -> None:
    topic, why = CLAIMS[sentence]
    assert (topic, why) in {(each.topic, each.why) for each in found(f"# Title\n\nHello. {sentence}\n")}
    assert {each.line for each in found(f"# Title\n\nHello. {sentence}\n")} == {3}


@pytest.mark.parametrize("sentence", CLAIMS)
def test_one_that_the_evidence_supports_has_no_reason(sentence: str) -> None:
    topic, _ = CLAIMS[sentence]
    if topic != "file names" and "level 4" not in sentence:
        assert {each.why for each in found(sentence, EVERYTHING)} == {""}


@pytest.mark.parametrize(
    "sentence",
    [
        "We sign our releases.",
        "Every release is **sig**ned.",
        "Every release is sig\u00adned.",
        "Every release is s&#105;gned.",
        "Not only wheels are signed.",
        "Every release is signed, without exception.",
        "No release is published unless all of its files are signed.",
        "Releases are not mutable; all of them are signed.",
        "There are no known vulnerabilities in it.",
        "All dependencies are pinned by hash.",
    ],
)
def test_a_claim_is_found_in_any_dress(sentence: str) -> None:
    assert [each.why for each in found(sentence) if each.why]


@pytest.mark.parametrize(
    "sentence", ["Sign in to report it.", "Commits need not be signed.", "We do not yet sign releases."]
)
def test_what_only_sounds_like_a_claim_is_not_found(sentence: str) -> None:
    assert found(sentence) == []


@pytest.mark.parametrize("sentence", SILENT)
def test_a_sentence_that_claims_nothing_is_not(sentence: str) -> None:
    assert found(f"# Title\n\n{sentence}\n") == []


def test_a_file_that_the_release_has_needs_no_tag() -> None:
    assert found("See `a-1-sbom.cdx.json` for it.") == []


def test_without_a_release_a_file_name_is_listed_and_not_compared() -> None:
    [sentence] = found("See `x.bundle` for it.", NOTHING._replace(files=None))
    assert (sentence.topic, sentence.why) == ("file names", "")


def test_the_sentences_of_the_built_in_template_need_no_tag() -> None:
    builtin = "**Signatures** bind the bytes\nof a file.\n\n- Another one.\n"
    assert found("# T\n\n- **Signatures** bind the bytes of a\n  file.\n", builtin=builtin) == []
    assert len(found("**Signatures** bind the bytes of each file.", builtin=builtin)) == 1


def test_a_sentence_over_several_lines_has_the_line_on_which_it_begins() -> None:
    [sentence] = found("# T\n\ntext\n\nEvery file\nof every release\nis signed.\n")
    assert (sentence.line, sentence.text) == (5, "Every file of every release is signed.")


PIECES = st.sampled_from([*CLAIMS, *SILENT, "| a | b |", "- item", "# Heading", "```", "> quoted", "", "Text goes on"])


@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=8), st.sampled_from(sorted(CLAIMS)), st.lists(PIECES, max_size=8))
def test_no_text_around_it_hides_a_sentence(before: list[str], sentence: str, after: list[str]) -> None:
    topic, why = CLAIMS[sentence]
    assert (topic, why) in {(each.topic, each.why) for each in found("\n\n".join([*before, sentence, *after]))}
