"""Work that a client library does ends in time, with its own value or error."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ops.supply_chain.adapters.sigstore import credentials, trust_config, trusted_root
from ops.supply_chain.adapters.sigstore.deadline import within
from ops.supply_chain.core.errors import UnavailableError
from tests.fakes.bad_sockets import dripping


def test_values_and_errors_come_through() -> None:
    def fail() -> None:
        raise KeyError("mine")

    assert within(5, lambda: [1, None]) == [1, None]
    with pytest.raises(KeyError, match="mine"):
        within(5, fail)


def test_what_does_not_end_is_left_behind() -> None:
    stop = threading.Event()
    with pytest.raises(TimeoutError, match=r"not complete in 0\.05 seconds"):
        within(0.05, stop.wait)
    stop.set()


@pytest.mark.parametrize("module", [trusted_root, trust_config])
def test_a_trust_root_that_comes_byte_by_byte_is_not_examined(
    module: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOTAL_SECONDS", 0.3)
    fetch = trusted_root.current_root if module is trusted_root else trust_config.public
    with dripping() as url, pytest.raises(UnavailableError, match=r"not complete in 0\.3 seconds"):
        fetch(tmp_path / "tuf", url=url)


def test_a_platform_that_does_not_answer_is_not_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "PLATFORM_SECONDS", 0.05)
    monkeypatch.setattr("sigstore.oidc.detect_credential", lambda _audience: threading.Event().wait())
    monkeypatch.delenv("GITLAB_CI", raising=False)
    with pytest.raises(UnavailableError, match=r"not complete in 0\.05 seconds"):
        credentials.ambient().read()
