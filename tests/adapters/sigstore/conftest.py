"""Two instances that signed the same things: the trusted one, and a stranger's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.sigstore.test_bundle_verifier import Signed, signed_by
from tests.fakes.signing import clear_platform


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    with pytest.MonkeyPatch.context() as patch:
        clear_platform(patch)
        yield signed_by(tmp_path_factory.mktemp("signed"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    with pytest.MonkeyPatch.context() as patch:
        clear_platform(patch)
        yield signed_by(tmp_path_factory.mktemp("stranger"))
