"""What becomes of the advice of each finding: the test that follows it, or why no test can.

A code is one of a case of `test_advice_locks` and `test_advice_gates`, is in `FOLLOWED`, or has a reason in `NOT_FOLLOWED`,
where a name that ends in a dot is that of all codes that begin with it.
"""

from __future__ import annotations

_COMPILE = "tests/test_compile_locks.py"
_SIGN = "tests/test_sign_artifacts.py::test_the_advised_entry_works"

FOLLOWED = {
    "build.not-reproducible": "tests/test_build_twice.py::test_modes_differ_without_normalise_and_not_with_it",
    "document.rehearsed": "tests/test_generate_security_md.py::test_a_release_does_not_wait_for_a_document_about_an_earlier_rehearsal",
    "document.behind": "tests/test_generate_security_md.py::test_releases_in_a_row_pass_without_a_step_for_documents",
    "gate.weakened": "tests/test_weakened_gate.py::test_a_weaker_setting_denies_until_it_is_accepted",
    "hash.contents-differ": "tests/test_wheel_contents.py::test_a_record_that_was_changed_is_a_finding_and_is_written_again",
    "lock.stale": f"{_COMPILE}::test_check_writes_nothing_and_tells_what_would_be",
    "signing.identity-not-listed": _SIGN,
    "signing.no-identities": _SIGN,
    "suppliers.vex": "tests/test_required_vex.py::test_a_vex_that_comes_later_releases_it",
    "change.policy": "tests/test_review_change.py::test_the_command_that_shows_a_changed_configuration_works",
}
"""Code -> `FILE::TEST`."""

_ASK = "asks someone else: the publisher, the issuer, the keepers of the index, the maker of a release"
_READ = "asks for a look at something and a decision"
_BUILD = "a change in the build of the project, which each backend has in its own way"
_CHECK = "no finding with advice of its own: a check of a verification, an SBOM or a claim, by its name"
_NEVER = "asks not to go on: a released version never changes, and damage is restored from a copy"
_OUTSIDE = "waits for a service, a clock or a credential outside"
_SAME = "has the same advice as a code that is followed"
_ELSEWHERE = "the code of something else than a finding: a tool's option, an example, an attribute"

NOT_FOLLOWED = {
    "attestations.": _CHECK,
    "build.failed": _BUILD,
    "build.no-lock": _SAME,
    "build.not-selected": _READ,
    "build.unusable": _BUILD,
    "build.wrote-outside": _BUILD,
    "chain.": _CHECK,
    "change.": _READ,
    "claim.": _CHECK,
    "clock.went-back": _OUTSIDE,
    "code.": _READ,
    "distribution.": _BUILD,
    "document.claim-unsupported": _READ,
    "document.security-txt-expired": _SAME,
    "document.security-txt-soon": _SAME,
    "document.security-txt-unreadable": _SAME,
    "document.sentence-contradicted": _READ,
    "document.sentence-untagged": _READ,
    "evidence.attestations": _CHECK,
    "evidence.credentials-in-source": _READ,
    "files.": _CHECK,
    "gate.gates": _CHECK,
    "gate.origin": _CHECK,
    "gate.records": _CHECK,
    "gate.verdict": _CHECK,
    "gate.waivers": _CHECK,
    "hash.archived": _READ,
    "hash.bytes-differ": _ASK,
    "hash.deprecated": _READ,
    "hash.metadata-differs": _ASK,
    "hash.missing": _SAME,
    "hash.project-missing": _READ,
    "hash.quarantined": _ASK,
    "hash.replaced": _ASK,
    "hash.unhashed": _SAME,
    "hash.unknown-status": _READ,
    "http.": _ELSEWHERE,
    "identities.": _CHECK,
    "lock.broken": _READ,
    "lock.conflict": _READ,
    "lock.constraint-unread": _READ,
    "lock.dangling": _READ,
    "lock.duplicate": _READ,
    "lock.mutable-source": _READ,
    "lock.no-sbom": _SAME,
    "lock.not-examined": _OUTSIDE,
    "malware.shipped": "asks to inform customers, and to make a release as after any change",
    "lock.unchecked": _READ,
    "lock.unnamed": _READ,
    "lock.unversioned": _READ,
    "malware.name-only": _READ,
    "opa.": _ELSEWHERE,
    "provenance.": _CHECK,
    "publish.": _OUTSIDE,
    "publisher.attestation-invalid": _ASK,
    "publisher.attestation-lost": _SAME,
    "publisher.changed": _SAME,
    "publisher.gained": _SAME,
    "publisher.project-gone": _READ,
    "pytest.": _ELSEWHERE,
    "python.": _ELSEWHERE,
    "release.": _SAME,
    "reproduce.": _ASK,
    "retention.": _NEVER,
    "sbom.": _CHECK,
    "signatures.": _CHECK,
    "signing.identity-refused": _OUTSIDE,
    "signing.not-examined": _OUTSIDE,
    "source.tag-elsewhere": _NEVER,
    "source.version-unread": _READ,
    "support.": _READ,
    "backlog.csv": _ELSEWHERE,
    "supplier.not-examined": _ASK,
    "tests.failed": _BUILD,
    "verify.": _ASK,
    "vex.": _ASK,
    "vulnerability.disagreement": _READ,
    "vulnerability.second-opinion-not-examined": _OUTSIDE,
    "shipped.changed": _NEVER,
    "shipped.inside-not-matched": _READ,
    "shipped.not-examined": _NEVER,
    "shipped.nothing-retained": _NEVER,
    "shipped.served": _READ,
    "shipped.unverified": _READ,
    "vulnerability.settled": "asks for nothing",
    "vulnerability.shipped": "asks to inform customers, and to make a release as after any change",
    "vulnerability.supplied": "tests/test_review_suppliers.py follows it: a decision, and a newer document of the supplier",
    "malware.supplied": _SAME,
    "vulnerability.undecided": _SAME,
    "waiver.expiring": _SAME,
    "waiver.exploited": _SAME,
    "waiver.not-yet": _SAME,
    "waiver.partial": _SAME,
    "zz.": _ELSEWHERE,
}
"""Code, or beginning of codes -> why no test follows its advice."""
