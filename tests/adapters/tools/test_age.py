"""Encrypting to age recipients."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pyrage  # type: ignore[import-untyped] # it has stubs, and no marker that says so
import pytest

from ops.supply_chain.adapters.tools.age import encrypt
from ops.supply_chain.core.errors import UsageError

SECRET = b"idna 3.20 has CVE-2026-1"


def test_each_recipient_can_read_and_nobody_else() -> None:
    ann, bob, eve = (pyrage.x25519.Identity.generate() for _ in range(3))
    data = encrypt(SECRET, [str(ann.to_public()), f"  {bob.to_public()}\n"])
    assert SECRET not in data
    assert b"idna" not in data
    assert data.startswith(b"age-encryption.org/v1\n")
    assert [pyrage.decrypt(data, [one]) for one in (ann, bob)] == [SECRET, SECRET]
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(data, [eve])


def test_an_ssh_key_is_a_recipient_too(tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen on PATH")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", str(key)], check=True)
    data = encrypt(SECRET, [key.with_suffix(".pub").read_text()])
    assert pyrage.decrypt(data, [pyrage.ssh.Identity.from_buffer(key.read_bytes())]) == SECRET


GOOD = str(pyrage.x25519.Identity.generate().to_public())
BAD = {
    "nothing": ([], "[public_log].recipients is empty"),
    "an empty one": ([GOOD, ""], "[public_log].recipients[1] is no age recipient"),
    "a word": (["ann@example.org"], "[public_log].recipients[0] is no age recipient"),
    "a damaged one": ([GOOD[:-1] + "!"], "[public_log].recipients[0] is no age recipient"),
    "half an ssh key": (["ssh-ed25519 AAAA"], "[public_log].recipients[0] is no age recipient"),
    "a secret key": (
        [GOOD, str(pyrage.x25519.Identity.generate())],
        "[public_log].recipients[1] is a secret key",
    ),
    "a secret ssh key": (["-----BEGIN OPENSSH PRIVATE KEY-----"], "[public_log].recipients[0] is a secret key"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_recipient_is_named_by_its_place_alone(case: str) -> None:
    recipients, said = BAD[case]
    with pytest.raises(UsageError) as caught:
        encrypt(SECRET, recipients)
    assert caught.value.message == said
    assert not any(text and text in caught.value.described() for text in recipients)
