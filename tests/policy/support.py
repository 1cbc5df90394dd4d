"""A good SBOM, a good set of records and a good provenance statement, and what the policy says of them."""

from __future__ import annotations

import atexit
import copy
import json
import shutil
import tempfile
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from ops.supply_chain.adapters.rego import engine as rego
from ops.supply_chain.adapters.rego.rule_files import Policy, load_policy
from ops.supply_chain.assurance.policy.records import ReleasedFile, StoredRecord, provenance_input, record_input
from ops.supply_chain.assurance.policy.sbom import sbom_input
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import RuleVerdict
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import LockKind, PinSource, PinSourceKind
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats.shape import Fault
from ops.supply_chain.inventory.checks.check import check_document
from ops.supply_chain.inventory.model.document import Component, Document, Licence, LockRef, Package, TimestampSource
from ops.supply_chain.inventory.model.naming import purl_of
from ops.supply_chain.inventory.writers import cyclonedx, spdx2
from tests.fakes.kept import keep_for_module
from tests.pipeline.spine import write_spine_table

POLICY = Path(__file__).resolve().parents[2] / "policy"


@cache
def spine_policy() -> Path:
    """Return a copy of the policy whose `release` table asks for the spine's records only.

    The good records of these tests are those of a run without gates; which gates a release needs is data.
    """
    folder = Path(tempfile.mkdtemp(prefix="sealwright-policy-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(POLICY, folder / "policy")
    write_spine_table(folder / "policy" / "data" / "release.json", POLICY / "data" / "release.json")
    return folder / "policy"


ALL = ("base", "cisa-2026", "exploitation", "licences", "provenance", "release")
SBOM_PROFILES = ("base", "cisa-2026", "licences")

COMMIT = "c" * 40
INVOCATION = "urn:uuid:00000000-0000-4000-8000-000000000000"
SUBJECT = {"component": "acme", "version": "v1.0", "under_git": True, "commit": COMMIT}
SBOM_PATH = "dist:sbom/acme-sbom.json"

_GIT = PinSource(kind=PinSourceKind.VCS, url="https://example.org/tool.git", vcs="git", commit="d" * 40)


def _package(name: str, version: str, **fields: Any) -> Package:
    source = fields.pop("source", PinSource(kind=PinSourceKind.INDEX))
    purl = purl_of(name, version, source)
    return Package(ref=purl or f"path:{name}", name=name, key=name, version=version, purl=purl, source=source, **fields)


_ROOT = Package(
    ref="pkg:generic/acme@v1.0",
    name="acme",
    key="acme",
    version="v1.0",
    purl="pkg:generic/acme@v1.0",
    licence=Licence(expression="Apache-2.0"),
    producer="Acme AB",
    local=True,
)
_IDNA = _package(
    "idna",
    "3.20",
    hashes=("sha256:" + "a" * 64, "sha256:" + "b" * 64),
    licence=Licence(expression="BSD-3-Clause"),
    producer="Kim Davies",
)
_CLICK = _package(
    "click", "8.3", hashes=("sha512:" + "e" * 128,), licence=Licence(expression="MIT OR BUSL-1.1"), producer="Pallets"
)
_TOOL = _package("tool", "2.0", source=_GIT, licence=Licence(expression="MIT"), producer="Tool makers")
_LOCAL = _package(
    "ours",
    "",
    source=PinSource(kind=PinSourceKind.PATH, url="./ours"),
    local=True,
    licence=Licence(expression="Apache-2.0"),
    producer="Acme AB",
)


def _component(package: Package, *needs: Package) -> Component:
    return Component(
        package=package,
        depends_on=tuple(sorted(need.ref for need in needs)),
        depends_complete=True,
        direct=True,
        kinds=(LockKind.UV,),
    )


DOCUMENT = Document(
    root=_component(_ROOT, _CLICK, _LOCAL, _TOOL),
    components=tuple(
        sorted(
            (_component(_IDNA), _component(_CLICK, _IDNA), _component(_TOOL, _IDNA), _component(_LOCAL)),
            key=lambda one: one.package.ref,
        )
    ),
    timestamp="2026-11-20T00:00:00Z",
    timestamp_source=TimestampSource.COMMIT,
    generator_version="0.1.0",
    author="Acme AB",
    locks=(LockRef(path="uv.lock", kind=LockKind.UV, sha256="f" * 64, entries=4),),
    enriched=True,
)
EMPTY = msgspec.structs.replace(DOCUMENT, root=_component(_ROOT), components=(), locks=())
CYCLONEDX = cyclonedx.render(DOCUMENT)
CYCLONEDX_EMPTY = cyclonedx.render(EMPTY)
SPDX = spdx2.render(DOCUMENT)
SPDX_EMPTY = spdx2.render(EMPTY)


def sbom() -> dict[str, Any]:
    """Return the good SBOM, parsed, free to be changed."""
    made: dict[str, Any] = json.loads(CYCLONEDX)
    return made


def component(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a component of an SBOM by its name, the root included."""
    found: list[dict[str, Any]] = [document["metadata"]["component"], *document["components"]]
    return next(one for one in found if one.get("name") == name)


def sbom_policy_input(document: dict[str, Any], data: bytes = CYCLONEDX) -> dict[str, Any]:
    """Return the engine's input for one SBOM."""
    problems = [Fault(path=problem.path, message=problem.message) for problem in check_document(document)]
    projected = sbom_input(document, path=SBOM_PATH, sha256=sha256_bytes(data), problems=problems)
    return {"schema": "policy-input/1", "subject": dict(SUBJECT), "sboms": [projected], "records": []}


GOOD_FINDING = Finding(code="cve.known", severity=Severity.LOW, message="old", next_step="Upgrade.", package="idna")
_FILES = {SBOM_PATH: sha256_bytes(CYCLONEDX), "dist:evidence/acme-v1.0-evidence.tar.gz": "2" * 64}


def record(stage: str, **fields: Any) -> Record:
    """Return a record of the good run."""
    made = Record(
        schema="record/1",
        stage=stage,
        component="acme",
        version="v1.0",
        outcome=Outcome.PASS,
        invocation=INVOCATION,
        started="2026-11-20T00:00:00Z",
        finished="2026-11-20T00:00:01Z",
        offline=False,
        tools=(),
        feeds=(),
        options={},
        counts={},
        reads=(),
        writes=(),
        findings=(),
    )
    return msgspec.structs.replace(made, **fields)


def good_records() -> list[Record]:
    """Return the records of a good run, by stage."""
    sbom_path, archive = _FILES
    return [
        record("bundle_evidence", writes=(FileRef(path=archive, sha256=_FILES[archive], size=2),)),
        record(
            "generate_sbom",
            counts={"locked": 4, "examined": 4},
            writes=(FileRef(path=sbom_path, sha256=_FILES[sbom_path], size=len(CYCLONEDX)),),
            findings=(GOOD_FINDING,),
        ),
    ]


def stored(one: Record) -> StoredRecord:
    """Return a record as it would lie in `dist/`."""
    return StoredRecord(path=f"dist:records/{one.stage}.json", sha256=sha256_bytes(canonical.encode(one)), record=one)


def release_input(
    records: list[Record] | None = None, *, actual: dict[str, str] | None = None, sbom_bytes: bytes = CYCLONEDX
) -> dict[str, Any]:
    """Return the engine's input for a set of records and the good SBOM."""
    document = sbom_policy_input(json.loads(sbom_bytes), sbom_bytes)
    present = _FILES if actual is None else actual
    chosen = good_records() if records is None else records
    return {**document, "records": [record_input(stored(one), present) for one in chosen]}


RELEASED = (
    ReleasedFile(path=SBOM_PATH, sha256=_FILES[SBOM_PATH]),
    ReleasedFile(path="dist:evidence/acme-v1.0-evidence.tar.gz", sha256="2" * 64),
    ReleasedFile(path="dist:verdict/gate.json", sha256="3" * 64),
)


def statement() -> dict[str, Any]:
    """Return the good provenance statement, free to be changed."""
    digests = [sha256_bytes(canonical.encode(one)) for one in good_records()]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [{"name": file.path.rpartition("/")[2], "digest": {"sha256": file.sha256}} for file in RELEASED],
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:sealwright:buildtype:release:v1",
                "externalParameters": {},
                "resolvedDependencies": [
                    {"uri": "git+https://example.org/acme", "digest": {"gitCommit": COMMIT}},
                    {"name": "uv.lock", "digest": {"sha256": "f" * 64}},
                ],
            },
            "runDetails": {
                "builder": {"id": "urn:sealwright:builder:workstation:v1"},
                "byproducts": [{"name": "record", "digest": {"sha256": digest}} for digest in digests],
            },
        },
    }


def provenance_policy_input(document: dict[str, Any], released: tuple[ReleasedFile, ...] = RELEASED) -> dict[str, Any]:
    """Return the engine's input of the second pass."""
    return {
        "schema": "policy-input/1",
        "subject": dict(SUBJECT),
        "sboms": [],
        "records": [record_input(stored(one), _FILES) for one in good_records()],
        **provenance_input(document, released),
    }


@lru_cache(maxsize=32)
def policy(*profiles: str, settings: str = "{}") -> Policy:
    """Return the rules of some profiles; `settings` as JSON."""
    return load_policy([("policy:", spine_policy())], profiles, json.loads(settings))


@lru_cache(maxsize=4)  # the engine's memory never goes back to the system, and forks pay for it
def engine(*profiles: str, settings: str = "{}") -> rego.Engine:
    """Return the rules of some profiles, compiled."""
    return rego.Engine(policy(*profiles, settings=settings))


keep_for_module(engine.cache_clear)


def judge(
    document: dict[str, Any], *profiles: str, settings: dict[str, Any] | None = None, only: str = ""
) -> dict[str, RuleVerdict]:
    """Return what each rule of some profiles says of an input, or the one that is asked for: others do not change it."""
    compiled = engine(*profiles, settings=json.dumps(settings or {}))
    rules = [rule for rule in compiled._rules if only in ("", rule.code)]
    return {verdict.code: verdict for verdict in compiled.verdicts(document, rules)}


def passes(document: dict[str, Any], *profiles: str, first: str = "", only: str = "") -> bool:
    """Return whether each rule of some profiles passes an input, in a fraction of the time of `judge`.

    Args:
        document: The input.
        profiles: Their rules.
        first: The rule that is asked before the others, which are not asked once a rule does not pass.
        only: The one rule that is asked; each if empty.
    """
    asked = copy.copy(engine(*profiles))
    rules = [rule for rule in asked._rules if only in ("", rule.code)]
    assert rules
    asked._rules = tuple(sorted(rules, key=lambda rule: rule.code != first))
    return all(verdict.outcome is Outcome.PASS for verdict in asked.verdicts(document))


def refused(verdicts: dict[str, RuleVerdict]) -> set[str]:
    """Return the codes of the rules that did not pass."""
    return {code for code, verdict in verdicts.items() if verdict.outcome is not Outcome.PASS}
