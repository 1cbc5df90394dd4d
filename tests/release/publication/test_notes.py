"""The notes: real commands, every digest, and nothing that hostile text can do."""

from __future__ import annotations

import shlex

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.values.publication import LocalFile
from ops.supply_chain.release.publication.notes import BEGIN, END, NotesFacts, merged, notes

DIGEST = "0123456789abcdef" * 4
NAMES = ("N-1-checksums.txt", "N-1-checksums.txt.sigstore.json", "N-1-sbom.cdx.json", "N-1-trusted_root.json")
FACTS = NotesFacts(
    component="N",
    version="1",
    repository="acme/widget",
    tag="v1",
    commit="c" * 40,
    files=tuple(LocalFile(name=name, sha256=DIGEST, size=7) for name in NAMES),
    signatures=frozenset({"N-1-checksums.txt.sigstore.json"}),
    identities=(SigningIdentity(issuer="https://issuer.example", identity="release@acme.example"),),
    checksums="N-1-checksums.txt",
)


def test_the_whole_text() -> None:
    assert (
        notes(FACTS)
        == f"""{BEGIN}
## Check `N 1` before you use it

3 files; each has a signature in the file of the same name plus `.sigstore.json`. Built from commit `{"c" * 40}`.

```sh
gh release download v1 --repo acme/widget --dir N-1
cd N-1
cosign verify-blob --bundle N-1-checksums.txt.sigstore.json --certificate-identity release@acme.example --certificate-oidc-issuer https://issuer.example N-1-checksums.txt
sha256sum --check N-1-checksums.txt
```

### Files

| file | bytes | SHA-256 |
|---|---:|---|
| `N-1-checksums.txt` | 7 | `{DIGEST}` |
| `N-1-sbom.cdx.json` | 7 | `{DIGEST}` |
| `N-1-trusted_root.json` | 7 | `{DIGEST}` |

{END}
"""
    )


def test_the_commands_have_the_names_of_a_conventional_release() -> None:
    names = ("N-1-checksums.txt", "N-1-checksums.txt.bundle", "build-provenance.json", "build-provenance.json.bundle")
    files = tuple(LocalFile(name=name, sha256=DIGEST, size=7) for name in names)
    signatures = frozenset(name for name in names if name.endswith(".bundle"))
    text = notes(msgspec.structs.replace(FACTS, files=files, signatures=signatures))
    assert "2 files; each has a signature in the file of the same name plus `.bundle`." in text
    assert "cosign verify-blob --bundle N-1-checksums.txt.bundle --certificate-identity release@acme.example " in text
    assert ".sigstore.json" not in text


def test_the_root_that_lies_in_the_release_is_never_trusted() -> None:
    facts = msgspec.structs.replace(FACTS, private_root=True, verifier="sealwright-verify.pyz")
    commands = notes(facts).split("```")[1].splitlines()
    assert commands[3] == (
        "# $TRUSTED_ROOT is the trusted root that you have from elsewhere, not the one in this release"
    )
    assert ['--trusted-root "$TRUSTED_ROOT"' in line for line in commands[4:]] == [True, False, True]
    assert not any("N-1-trusted_root.json" in line for line in commands)


def test_a_pattern_is_anchored_and_several_identities_are_told() -> None:
    many = (*FACTS.identities, SigningIdentity(issuer="https://i", identity_regex="a|b"))
    text = notes(msgspec.structs.replace(FACTS, identities=many))
    assert (
        "--certificate-identity-regexp '^(?:a|b)$' --certificate-oidc-issuer https://i N-1-checksums.txt  # one of"
        in text
    )


def test_the_verifier_that_is_attached_is_used() -> None:
    text = notes(msgspec.structs.replace(FACTS, verifier="v.pyz"))
    # It is itself a file of the release: what it says counts only once it is known to be the publisher's.
    assert (
        "\ncosign verify-blob --bundle v.pyz.sigstore.json --certificate-identity release@acme.example "
        "--certificate-oidc-issuer https://issuer.example v.pyz"
        " && python v.pyz . --identity release@acme.example --issuer https://issuer.example\n```"
    ) in text


@pytest.mark.parametrize("change", [{"identities": ()}, {"files": FACTS.files[:1]}])
def test_what_is_not_signed_is_not_called_signed(change: dict[str, object]) -> None:
    text = notes(msgspec.structs.replace(FACTS, **change))
    assert "**This release is not signed**" in text
    assert "cosign" not in text


def test_a_table_that_is_too_long_gives_way() -> None:
    files = tuple(LocalFile(name=f"file-{n}", sha256=DIGEST, size=1) for n in range(1000))
    text = notes(msgspec.structs.replace(FACTS, files=(*FACTS.files, *files)))
    assert len(text) < 120_000
    many = msgspec.structs.replace(
        FACTS, files=tuple(LocalFile(name="f" * 190, sha256=DIGEST, size=1) for _ in range(900))
    )
    assert "The table of 900 files is too long for this page; `N-1-checksums.txt` has it." in notes(many)


MERGES = {
    "nothing": ("", f"{BEGIN}new{END}\n"),
    "their text": ("theirs\n", f"theirs\n\n{BEGIN}new{END}\n"),
    "ours again": (f"a\n{BEGIN}old{END}\nb", f"a\n{BEGIN}new{END}\nb"),
    "half of ours": (f"a{BEGIN}old", f"aold\n\n{BEGIN}new{END}\n"),
    "ours the wrong way round": (f"{END}a{BEGIN}", f"a\n\n{BEGIN}new{END}\n"),
}


@pytest.mark.parametrize("case", MERGES.values(), ids=MERGES)
def test_merging(case: tuple[str, str]) -> None:
    existing, expected = case
    section = f"{BEGIN}new{END}"
    assert merged(existing, section) == expected
    assert merged(expected, section) == expected


HOSTILE = st.text(st.sampled_from("`|\\\n\r @#<>![]()*_a$'\";&\u202e\x1b"), max_size=30)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(identity=HOSTILE, issuer=HOSTILE)
def test_an_identity_is_one_word_of_one_command_in_one_block(identity: str, issuer: str) -> None:
    who = (SigningIdentity(issuer=issuer, identity=identity or "x"),)
    text = notes(msgspec.structs.replace(FACTS, identities=who))
    lines = text.split("\n")
    fence = next(line.removesuffix("sh") for line in lines if line.startswith("```"))
    start, end = lines.index(f"{fence}sh"), lines.index(fence)
    [command] = [line for line in lines[start:end] if line.startswith("cosign")]
    words = shlex.split(command)
    assert words[words.index("--certificate-identity") + 1 :][1] == "--certificate-oidc-issuer"
    assert len(words) == 9
    assert len(lines) == len(notes(FACTS).split("\n"))
