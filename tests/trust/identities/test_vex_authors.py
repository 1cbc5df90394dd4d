"""`[[vex_authors]]`: which entries are valid, and which documents they let count."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.config.file import parse_config
from ops.supply_chain.contracts.config.vex import VexAuthor
from ops.supply_chain.contracts.values.verified_bundle import TimeSource, VerifiedBundle, VerifiedTime
from ops.supply_chain.contracts.values.vex import VexDocument
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.trust.identities.run import EVENT, REF, REPOSITORY, RUNNER
from ops.supply_chain.trust.identities.vex_authors import VexSignature, checked_authors, trust_of

SHA, OTHER_SHA = "a" * 64, "b" * 64
SAN = "https://github.com/acme/vex/.github/workflows/vex.yml@refs/heads/main"
ISSUER = "https://token.actions.githubusercontent.com"
EXTENSIONS = {
    REPOSITORY: "https://github.com/acme/vex", REF: "refs/heads/main", EVENT: "push", RUNNER: "github-hosted"
}  # fmt: skip
DOCUMENT = VexDocument(
    file="v.json", id="urn:v", format="OpenVEX", statements=(), authors=("Acme PSIRT",), role="vendor", sha256=SHA
)
NAMED = VexAuthor(name="Acme PSIRT", sha256=SHA)
SIGNER = VexAuthor(identity=SAN, issuer=ISSUER)


def signature(san: str = SAN, issuer: str = ISSUER, day: int = 1) -> VexSignature:
    at = VerifiedTime(source=next(iter(TimeSource)), at=datetime(2026, 11, day, tzinfo=UTC))
    return VexSignature(
        proof=VerifiedBundle(
            san=san, issuer=issuer, extensions=EXTENSIONS, times=(at,), log_index=1, log_id="00", media_type="m",
            certificate=b"", certificate_sha256="", signature=b"",
        )
    )  # fmt: skip


def change(base: VexAuthor, **changes: Any) -> VexAuthor:
    import msgspec

    return msgspec.structs.replace(base, **changes)


def document(**changes: Any) -> VexDocument:
    import msgspec

    return msgspec.structs.replace(DOCUMENT, **changes)


def test_both_kinds_of_entries_are_read() -> None:
    config = parse_config(
        f'[[vex_authors]]\nname = "Acme PSIRT"\nsha256 = "{SHA}"\n'
        f'[[vex_authors]]\nidentity = "{SAN}"\nissuer = "{ISSUER}"\nfrom = 2026-01-01\nrepository = "acme/vex"\n'
        'for = ["vex"]\n'
    )
    named, signer = checked_authors(config.vex_authors)
    assert (named, named.is_for_signed, signer.is_for_signed) == (NAMED, False, True)
    assert (signer.since, signer.repository, signer.signs) == ("2026-01-01", "acme/vex", ("vex",))


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "expected 'identity' (or 'identity_regex') with 'issuer', or 'name' with 'sha256'"),
    "a name alone": ({"name": "Acme"}, "expected 'identity'"),
    "a blank name": ({"name": " ", "sha256": SHA}, "expected 'identity'"),
    "a digest alone": ({"sha256": SHA}, "expected 'identity'"),
    "half a digest": ({"name": "Acme", "sha256": "a" * 63}, "'sha256' is"),
    "a digest in capitals": ({"name": "Acme", "sha256": "A" * 64}, "'sha256' is"),
    "no issuer": ({"identity": SAN}, "'issuer' is empty"),
    "an issuer alone": ({"issuer": ISSUER}, "expected exactly one of 'identity' and 'identity_regex'"),
    "everybody": ({"identity_regex": ".*", "issuer": ISSUER}, "'identity_regex' matches"),
    "a condition without a signature": ({"name": "Acme", "sha256": SHA, "repository": "acme/vex"}, "has conditions"),
    "a date without a signature": ({"name": "Acme", "sha256": SHA, "since": "2026-01-01"}, "has conditions"),
    "a ref that is none": ({"identity": SAN, "issuer": ISSUER, "ref": "main"}, "'ref' is"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_entry_is_an_error(case: str) -> None:
    fields, problem = WRONG[case]
    with pytest.raises(UsageError) as error:
        checked_authors([NAMED, VexAuthor(**fields)])
    assert error.value.message.startswith(f".security-config.toml: vex_authors[1]: {problem}")


TRUSTED = {
    "by digest": (NAMED, VexSignature(), "digest"),
    "by digest, whoever signed": (NAMED, signature("who@else.example"), "digest"),
    "by digest, with a signature that proves no identity": (NAMED, VexSignature(problem="is signed with a key"), "digest"),
    "signed": (SIGNER, signature(), f"signed by {SAN}, issuer {ISSUER}"),
    "signed, with a role": (
        change(SIGNER, role="PSIRT"), signature(), f"signed by PSIRT, {SAN}, issuer {ISSUER}"
    ),
    "signed, all conditions hold": (
        change(
            SIGNER, repository="acme/vex", ref="refs/heads/main", event="push", runner="github-hosted", signs=("files",)
        ),
        signature(),
        f"signed by {SAN}, issuer {ISSUER}",
    ),
    "signed, and of that author and digest": (
        change(SIGNER, name="Acme PSIRT", sha256=SHA), signature(), f"signed by {SAN}, issuer {ISSUER}"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TRUSTED)
def test_what_counts(case: str) -> None:
    entry, signed, basis = TRUSTED[case]
    found = trust_of(DOCUMENT, checked_authors([entry]), signed)
    assert (found.basis, found.problem) == (basis, "")


ADD_NAME = f'[[vex_authors]] name = "Acme PSIRT", sha256 = "{SHA}"'
ADD_SIGNER = f'[[vex_authors]] identity = "{SAN}", issuer = "{ISSUER}"'
UNTRUSTED: dict[str, tuple[list[VexAuthor], VexSignature, str, str]] = {
    "no entry": ([], VexSignature(), "is not signed, and its author is not in [[vex_authors]]", ADD_NAME),
    "another author": ([change(NAMED, name="Acme")], VexSignature(), "lists its digest with another author", ADD_NAME),
    "another document": (
        [change(NAMED, sha256=OTHER_SHA)], VexSignature(), "lists its author with another digest", ADD_NAME,
    ),
    "a signer's entry, and no signature": (
        [SIGNER], VexSignature(), "is not signed", f"{ADD_NAME}, or put v.json.sigstore.json next to it",
    ),
    "another signer": ([change(SIGNER, identity="x@y.example")], signature(), "which [[vex_authors]] does not", ADD_SIGNER),
    "another issuer": ([change(SIGNER, issuer="https://y.example")], signature(), "has the issuer https://y", ADD_SIGNER),
    "not yet": ([change(SIGNER, since="2026-11-02")], signature(), "is valid from 2026-11-02", ADD_SIGNER),
    "no longer": ([change(SIGNER, until="2026-10-31")], signature(), "expired on 2026-10-31", ADD_SIGNER),
    "another repository": ([change(SIGNER, repository="evil/vex")], signature(), "is for the repository", ADD_SIGNER),
    "another ref": ([change(SIGNER, ref="refs/tags/*")], signature(), "is for the ref", ADD_SIGNER),
    "may sign something else": ([change(SIGNER, signs=("sbom",))], signature(), "may sign sbom only", ADD_SIGNER),
    "signed, and another author": ([change(SIGNER, name="Acme")], signature(), "does not list", ADD_SIGNER),
    "signed, and another digest": ([change(SIGNER, sha256=OTHER_SHA)], signature(), "does not list", ADD_SIGNER),
    "a broken signature": (
        [NAMED, SIGNER], VexSignature(problem="no", broken=True), "has a signature that does not verify: no", SHA,
    ),
    "a signature that was not checked": ([SIGNER], VexSignature(problem="is signed with a key"), "is signed with a", ADD_NAME),
}  # fmt: skip


@pytest.mark.parametrize("case", UNTRUSTED)
def test_what_does_not_count_and_the_entry_that_would_let_it(case: str) -> None:
    entries, signed, problem, step = UNTRUSTED[case]
    found = trust_of(DOCUMENT, checked_authors(entries), signed)
    assert found.basis == ""
    assert problem in found.problem
    assert step in found.step


def test_a_document_without_an_author_can_only_be_signed() -> None:
    nameless = document(authors=())
    found = trust_of(nameless, checked_authors([NAMED]), VexSignature())
    assert (found.basis, found.problem) == ("", "is not signed, and names no author")
    assert "v.json.sigstore.json" in found.step
    assert trust_of(nameless, checked_authors([SIGNER]), signature()).basis.startswith("signed by ")


def test_one_of_several_authors_or_all_of_them() -> None:
    several = document(authors=("Ann", "Bob"))
    for name in ("Ann", "Bob", "Ann, Bob"):
        assert trust_of(several, [change(NAMED, name=name)], VexSignature()).basis == "digest"
    assert not trust_of(several, [change(NAMED, name="Ann, Eve")], VexSignature()).basis


@given(author=st.text(min_size=1).filter(str.strip), changed=st.booleans())
@settings(derandomize=True, max_examples=100, deadline=None)
def test_the_entry_of_the_next_step_is_the_one_that_lets_it_count(author: str, changed: bool) -> None:
    unknown = document(authors=(author,))
    step = trust_of(unknown, (), VexSignature()).step
    entry = step.split("[[vex_authors]] ", 1)[1]
    name, digest = entry.rsplit(', sha256 = "', 1)
    config = parse_config(f'[[vex_authors]]\n{name}\nsha256 = "{digest}\n')
    later = document(authors=(author,), sha256=OTHER_SHA) if changed else unknown
    assert bool(trust_of(later, checked_authors(config.vex_authors), VexSignature()).basis) is not changed
