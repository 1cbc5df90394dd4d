from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ops.supply_chain.adapters.sigstore import trusted_root
from ops.supply_chain.adapters.sigstore.trusted_root import STALE_REMEDY, current_root, embedded_root, given_root
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ExitCode, InputError, UnavailableError
from tests.fakes.index import FakeIndex


def test_the_embedded_root_is_named_by_digest() -> None:
    root = embedded_root()
    assert root.sha256 == sha256_bytes(root.path.read_bytes())
    assert root.origin.startswith("embedded in sigstore ")


def test_finding_it_does_not_import_sigstore() -> None:
    import subprocess

    code = (
        "import sys; from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root; embedded_root();"
        "print('sigstore.models' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_no_embedded_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trusted_root, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError) as caught:
        embedded_root()
    assert caught.value.described() == (
        "error: sigstore trusted root: the sigstore package has none\n  next: Give one with --trusted-root FILE."
    )


def test_a_given_root_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        given_root(tmp_path / "none")


def test_a_tuf_repository_that_does_not_answer(tmp_path: Path) -> None:
    with FakeIndex() as dead, pytest.raises(UnavailableError) as caught:
        current_root(tmp_path, url=dead.dead)
    assert caught.value.exit_code is ExitCode.NOT_EXAMINED
    assert caught.value.message.startswith(f"sigstore trusted root {dead.dead}: could not fetch the trust root: ")
    assert caught.value.hint == STALE_REMEDY


def test_a_tuf_repository_that_is_none(tmp_path: Path) -> None:
    with FakeIndex() as server, pytest.raises(UnavailableError) as caught:
        current_root(tmp_path, url=f"{server.address}/simple")
    assert caught.value.hint == STALE_REMEDY
