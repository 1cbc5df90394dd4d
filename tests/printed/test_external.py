"""Commands of other programs in the documentation: executed where the program is there, else checked against its interface."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.supply_chain.adapters.sigstore.public_keys import read_der
from ops.supply_chain.core.start import TREE
from tests.docs import commands as documented
from tests.docs.test_examples import LINES
from tests.printed.scratch import Scratch

_PROGRAM = re.compile(
    r"^(?:uvx?|pip|pipx|poetry|pdm|pipenv|python3?|git|cosign|gh|opa|sha256sum|openssl|jq|tar|curl|for|pre-commit)\b "
)
_OWN = re.compile(r"nox -s|ops/supply_chain/|sealwright-verify\.pyz")
TEMPLATE = "templates/SECURITY.md.template"

_COSIGN = "tests/rehearsal/test_cosign.py::test_every_bundle_of_a_release_verifies_and_nothing_else"
_WHEEL = "tests/console/test_index.py::test_a_fresh_project_is_rehearsed"
_OPA = "tests/policy/test_opa.py::test_every_test_loads_runs_and_passes"
_TYPED = "tests/printed/test_external.py::test_it_does_what_it_says"
_PIP = "an installation from the public index"
_NAME = "names a command in a sentence: nothing to type as it is"
EXECUTED = {
    r"cosign verify-blob(-attestation)? --bundle N-V-": _COSIGN,
    r"cosign (sign-blob|public-key|verify-blob --bundle FILE)": "tests/printed/test_external.py::test_options_of_cosign_exist",
    r"git add": _TYPED,
    r"uv lock( --upgrade-package idna)?$": "tests/test_check_locks.py::test_the_lock_of_uv_is_checked_by_uv",
    r"git tag (v1\.2\.0|--delete)": _TYPED,
    r"jq -S '\.verdict'": _TYPED,
    r"jq '\.runs": _TYPED,
    r"sha256sum -c": _TYPED,
    r"openssl (ecparam|ec|dgst) ": (
        "tests/test_ingest_supplier.py::test_what_a_supplier_signs_as_the_page_describes_is_accepted"
    ),
    r"openssl pkey": "tests/printed/test_external.py::test_the_fingerprint_of_a_key_is_the_one_of_the_report",
    r"python -m sigstore sign": "tests/printed/test_external.py::test_sigstore_takes_its_words",
    r"opa fmt -w policy": "tests/policy/test_opa.py::test_the_formatter_would_change_nothing",
    r"opa test policy": _OPA,
    r"uv build( --wheel)?$": "tests/console/test_wheel.py::test_a_second_build_gives_the_same_bytes",
    r"(uvx|pipx run|pipx inject|python -m pip install) .*(sealwright|PATH\.whl)": _WHEEL,
    r"uvx sealwright lock": _WHEEL,
    r"python -m pip install --no-index": (
        "tests/trust/verification/test_package_command.py::test_the_printed_command_installs_what_was_verified"
    ),
    r"python -m pip install uv && uv build": _PIP,
    r"python3? -m pip (install|show) ": _PIP,
    r"python3 -m venv": _PIP,
    r"python -m (pytest|tests\.architecture\.surface)": "what runs these tests",
    r"git clone https://github\.com/OWNER/NAME": "a repository of the reader",
    r"python verifier FOLDER": "tests/trust/verification/test_stand_alone.py::test_it_runs_from_its_sources_alone",
    r"(uv (tool install|publish|export --no-dev)|python -m build|git (fetch|ls-remote|tag -f)|jq -S)": _NAME,
}
"""Beginning of a command -> the test that executes it, or why none does."""

COSIGN = {
    "sign-blob": {"--key", "--bundle", "--new-bundle-format"},
    "public-key": {"--key"},
    "verify-blob": {"--bundle"},
}
"""Options of cosign 3.1 that are named inline: `cosign sign-blob --help` and so on (https://github.com/sigstore/cosign)."""


def lines() -> list[str]:
    pages = documented.pages(TREE) | {TEMPLATE: (TREE / TEMPLATE).read_text(encoding="utf-8")}
    found = [line for text in pages.values() for line in documented.lines(text)]
    return [line for line in dict.fromkeys(found) if _PROGRAM.match(line) and not _OWN.search(line)]


def where(line: str) -> str:
    return next((test for pattern, test in EXECUTED.items() if re.match(pattern, line)), "")


def test_every_command_of_another_program_is_executed_or_has_a_reason() -> None:
    examples = {str(parameter.values[0]) for parameter in LINES}
    found = lines()
    assert len(found) > 40
    assert [line for line in found if line not in examples and not where(line)] == []


def test_no_row_is_left_over() -> None:
    assert [pattern for pattern in EXECUTED if not any(re.match(pattern, line) for line in lines())] == []


@pytest.mark.parametrize("test", sorted({test for test in EXECUTED.values() if "::" in test}))
def test_the_test_that_is_named_exists(test: str) -> None:
    name, _, function = test.partition("::")
    assert re.search(rf"^def {function}\(", (TREE / name).read_text(encoding="utf-8"), re.MULTILINE)


def test_options_of_cosign_exist() -> None:
    for line in lines():
        program, verb, *words = line.split()
        if program == "cosign" and verb in COSIGN and "N-V-" not in line:
            assert {word for word in words if word.startswith("--")} <= COSIGN[verb], line


@pytest.mark.whole
def test_sigstore_takes_its_words() -> None:
    from sigstore._cli import _parser

    [line] = [line for line in lines() if line.startswith("python -m sigstore")]
    given = _parser().parse_args(shlex.split(line)[3:])
    assert [str(path) for path in given.files] == ["dist/reproduction/reproduction.intoto.json"]


def typed(line: str, folder: Path) -> str:
    program = line.split(maxsplit=1)[0]
    if shutil.which(program) is None or shutil.which("sh") is None:
        pytest.skip(f"needs {program}")
    return subprocess.run(["sh", "-ec", line], cwd=folder, capture_output=True, text=True, check=True).stdout


def one(beginning: str) -> str:
    [line] = [line for line in lines() if line.startswith(beginning)]
    return line


def test_it_does_what_it_says(scratch: Scratch, tmp_path: Path) -> None:
    for name in ("user.name", "user.email"):
        typed(f"git config {name} T", scratch.root)
    adding = [line for line in lines() if line.startswith("git add")]
    assert len(adding) > 2
    for number, line in enumerate(adding):
        for path in ("sub/requirements.contents.json", "requirements-build.txt", "uv.provenance.json"):
            scratch.write(path, str(number))
        typed(line, scratch.root)
        assert typed("git log -1 --format=%s", scratch.root).strip() in line
    typed(f"git init -q --bare {shlex.quote(str(tmp_path / 'origin'))}", tmp_path)
    typed(f"git remote add origin {shlex.quote(str(tmp_path / 'origin'))}", scratch.root)
    for line in (line for line in lines() if line.startswith("git tag v1.2.0")):
        typed(line, scratch.root)
        assert typed("git tag", scratch.root) == "v1.2.0\n"
        typed(one("git tag --delete").replace("TAG", "v1.2.0"), scratch.root)
    (tmp_path / "N-V-gate.json").write_text('{"verdict": {"b": 1, "a": 2}}')
    pretty = json.dumps({"a": 2, "b": 1}, indent=2) + "\n"
    assert typed(one("jq -S '.verdict'"), tmp_path).split()[0] == hashlib.sha256(pretty.encode()).hexdigest()
    results = [{"baselineState": "absent"}, {"baselineState": "new"}]
    (tmp_path / "N.sarif").write_text(json.dumps({"runs": [{"results": results}]}))
    assert json.loads(typed(one("jq '.runs"), tmp_path)) == {"runs": [{"results": results[1:]}]}
    digest = hashlib.sha256((tmp_path / "N.sarif").read_bytes()).hexdigest()
    (tmp_path / "N-V-checksums.txt").write_text(f"{digest}  N.sarif\n")
    assert typed(one("sha256sum -c"), tmp_path) == "N.sarif: OK\n"


def test_the_fingerprint_of_a_key_is_the_one_of_the_report(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    (tmp_path / "cosign.pub").write_bytes(public.public_bytes(serialization.Encoding.PEM, form))
    expected = read_der(public.public_bytes(serialization.Encoding.DER, form)).sha256
    assert typed(one("openssl pkey"), tmp_path).split()[0] == expected
