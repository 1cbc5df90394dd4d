"""Bundles verified in other processes: the answers of one process, in order, and a process that ends proves nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from ops.supply_chain.adapters.sigstore import bundle_verifier
from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.formats import NewerFormatError
from ops.supply_chain.adapters.tools import workers as workers_of_any_kind
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
from ops.supply_chain.core.errors import InputError, StageError, UnavailableError
from ops.supply_chain.core.start import TREE
from ops.supply_chain.gather.trust.verification import verifying_workers
from ops.supply_chain.gather.trust.verification.check import BundleChecker
from ops.supply_chain.gather.trust.verification.verifying_workers import TOGETHER, BundleRequest, VerifyingWorkers
from ops.supply_chain.rehearsal.instance import GITHUB_IDENTITY
from tests.adapters.sigstore.test_bundle_verifier import GITHUB, Signed, signed_by
from tests.fakes.signing import clear_platform

PARENT = """
import sys
from pathlib import Path
from ops.supply_chain.gather.trust.verification.early import begin_early
begin_early(["release"])
from ops.supply_chain.sessions import stand_alone
from ops.supply_chain.gather.trust.verification.verifying_workers import VerifyingWorkers
with VerifyingWorkers(Path(sys.argv[1]).read_bytes()) as workers:
    workers.require()
unused = [name for name in ("sigstore", "cryptography", "pydantic", "rfc3161_client") if name in sys.modules]
sys.exit(f"imported in vain: {unused}" if unused else 0)
"""


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    with pytest.MonkeyPatch.context() as patch:
        clear_platform(patch)
        yield signed_by(tmp_path_factory.mktemp("signed"))


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work as in a process that has not imported sigstore yet: everything is asked of the others."""
    monkeypatch.delitem(sys.modules, "sigstore")


def requests_of(signed: Signed, count: int) -> list[BundleRequest]:
    """Return good, damaged, mixed-up and newer bundles, the same ones in each run."""
    chance = random.Random(13)  # noqa: S311 - seeded
    found = []
    for number in range(count):
        file = number % 2 == 0
        data = bytearray(signed.file.data if file else signed.statement.data)
        if number >= 4:
            at = chance.randrange(len(data))
            data[at] = chance.choice(b'AZaz09+/="\\\xff')
        sha256 = signed.sha256 if file != (number % 7 == 3) else ""
        found.append(BundleRequest(bytes(data), sha256))
    newer = signed.file.data.replace(b"bundle.v0.3+json", b"bundle.v0.9+json")
    return [*found, BundleRequest(newer, signed.sha256), BundleRequest(b"", ""), BundleRequest(b"{", signed.sha256)]


Verifying = BundleVerifier | VerifyingWorkers


def said(verifier: Verifying, request: BundleRequest) -> object:
    """Return the proof, or type and words of the refusal."""
    try:
        return verifier.file(request.bundle, request.sha256) if request.sha256 else verifier.statement(request.bundle)
    except StageError as error:
        return type(error), error.message, error.hint


def test_the_answers_are_those_of_one_process(signed: Signed) -> None:
    requests = requests_of(signed, TOGETHER * 2 + 5)
    plain = [said(BundleVerifier(signed.root), request) for request in requests]
    with VerifyingWorkers(signed.root) as workers:
        workers.expect(requests)
        assert [said(workers, request) for request in requests] == plain
        assert [said(workers, request) for request in reversed(requests)] == plain[::-1]
    with VerifyingWorkers(signed.root) as workers:  # without being expected
        assert [said(workers, request) for request in requests[:6]] == plain[:6]
    assert sum(isinstance(answer, VerifiedBundle) for answer in plain) >= 4
    kinds = {answer[0] for answer in plain if isinstance(answer, tuple)}
    assert kinds == {NotVerifiedError, NewerFormatError}


def test_a_large_bundle_and_a_few_where_sigstore_is_imported_stay_in_this_process(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_worker(*_: object) -> None:
        raise AssertionError("a worker was started")

    requests = requests_of(signed, 6)
    plain = [said(BundleVerifier(signed.root), request) for request in requests]
    monkeypatch.setitem(sys.modules, "sigstore", bundle_verifier)  # as where it is imported
    monkeypatch.setattr(workers_of_any_kind.Workers, "_start", no_worker)
    with VerifyingWorkers(signed.root) as workers:
        workers.require()
        workers.expect(requests)
        assert [said(workers, request) for request in requests] == plain
    monkeypatch.undo()
    monkeypatch.setattr(verifying_workers, "MOST_BYTES", 100)
    monkeypatch.delitem(sys.modules, "sigstore")
    with VerifyingWorkers(signed.root) as workers:
        workers.expect(requests)
        assert [said(workers, request) for request in requests] == plain


Ending = Callable[[], object]


@pytest.mark.parametrize(
    ("end", "how"),
    [(lambda: os.kill(os.getpid(), signal.SIGKILL), "was ended by SIGKILL"), (lambda: os._exit(0), "ended with 0")],
)
def test_a_process_that_ends_leaves_its_bundles_not_examined(
    signed: Signed, monkeypatch: pytest.MonkeyPatch, end: Ending, how: str
) -> None:
    plain = bundle_verifier.BundleVerifier.file

    def ending(self: BundleVerifier, bundle: bytes, sha256: str) -> VerifiedBundle:
        if b"deadly" in bundle:
            end()
        return plain(self, bundle, sha256)

    monkeypatch.setattr(bundle_verifier.BundleVerifier, "file", ending)
    good = BundleRequest(signed.file.data, signed.sha256)
    deadly = BundleRequest(b'{"deadly": 1}', signed.sha256)
    identity = SigningIdentity(identity=GITHUB_IDENTITY, issuer=GITHUB)
    with VerifyingWorkers(signed.root) as workers:
        checker = BundleChecker(workers, [identity], workers=workers)
        checker.expect([(good.bundle, good.sha256), (deadly.bundle, deadly.sha256), (signed.statement.data, "")])
        lost = [checker.file(*_words(request)) for request in (good, deadly)] + [
            checker.statement(signed.statement.data)
        ]
        assert {(answer.examined, answer.proof, answer.problem) for answer in lost} == {
            (False, None, f"not checked: the process that verifies bundles {how}")
        }
        assert said(workers, good) == (UnavailableError, f"not checked: the process that verifies bundles {how}", "")
    with VerifyingWorkers(signed.root) as workers:  # another one is as good as ever
        assert isinstance(said(workers, good), VerifiedBundle)


def _words(request: BundleRequest) -> tuple[bytes, str]:
    return request.bundle, request.sha256


def test_the_rest_is_verified_where_one_process_of_several_ends(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying_workers, "TOGETHER", 2)
    plain = bundle_verifier.BundleVerifier.file

    def ending(self: BundleVerifier, bundle: bytes, sha256: str) -> VerifiedBundle:
        if bundle == b"deadly":
            os._exit(7)
        return plain(self, bundle, sha256)

    monkeypatch.setattr(bundle_verifier.BundleVerifier, "file", ending)
    good = BundleRequest(signed.file.data, signed.sha256)
    others = [BundleRequest(b"%d" % number, signed.sha256) for number in range(5)]
    with VerifyingWorkers(signed.root) as workers:
        workers.expect([*others, BundleRequest(b"deadly", signed.sha256), good])
        answers = [said(workers, request) for request in (*others, good)]
    assert [answer[0] for answer in answers[:4] if isinstance(answer, tuple)] == [NotVerifiedError] * 4
    assert answers[4][0] is UnavailableError  # type: ignore[index]
    assert isinstance(answers[5], VerifiedBundle)


@pytest.mark.parametrize(
    "root", [b"{}", b"no JSON", b'{"mediaType": "application/vnd.dev.sigstore.trustedroot.v9+json"}']
)
def test_a_root_that_cannot_be_used_is_an_error_and_no_answer(signed: Signed, root: bytes) -> None:
    with pytest.raises(StageError) as plain:
        BundleVerifier(root, where="--trusted-root")
    for ask in _ways(signed):
        with VerifyingWorkers(root, where="--trusted-root") as workers, pytest.raises(StageError) as caught:
            ask(BundleChecker(workers, [], workers=workers))
        assert (caught.value.message, caught.value.hint) == (plain.value.message, plain.value.hint)
        assert caught.value.exit_code == plain.value.exit_code
        assert isinstance(caught.value, InputError | UnavailableError)


def _ways(signed: Signed) -> Sequence[Callable[[BundleChecker], object]]:
    return (
        BundleChecker.require,
        lambda checker: checker.file(signed.file.data, signed.sha256),
        lambda checker: (checker.expect([(signed.file.data, signed.sha256)]), checker.statement(signed.statement.data)),
    )


def test_the_process_that_waits_imports_none_of_it(signed: Signed, tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(signed.root)
    words = [sys.executable, "-c", PARENT, str(tmp_path / "root.json")]
    done = subprocess.run(words, cwd=TREE, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_help_and_an_empty_command_line_start_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from ops.supply_chain.gather.trust.verification.early import begin_early

    started: list[int] = []
    monkeypatch.setattr(verifying_workers, "begin_early", lambda: started.append(1))
    for words in ([], ["--help"], ["release", "-h"]):
        begin_early(words)
    assert not started
    begin_early(["release"])
    assert started == [1]


def test_nothing_is_forked_where_that_is_unsafe_or_useless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying_workers, "may_fork", lambda: True)
    assert verifying_workers.forking()
    monkeypatch.setattr(verifying_workers, "NEEDED", ("sigstore", "no_such_package"))
    assert not verifying_workers.forking()
    monkeypatch.undo()
    monkeypatch.setattr(verifying_workers, "may_fork", lambda: False)
    assert not verifying_workers.forking()


def test_the_key_of_an_answer_has_all_that_decides_it() -> None:
    words = [(bundle, sha256) for bundle in (b"a", b"b") for sha256 in ("", "0")]
    assert len({BundleRequest(*each).key for each in words}) == len(words)


def test_a_file_without_a_digest_is_not_taken_for_a_statement(signed: Signed) -> None:
    with VerifyingWorkers(signed.root) as workers, pytest.raises(ValueError, match="needs the digest"):
        workers.file(signed.statement.data, "")
