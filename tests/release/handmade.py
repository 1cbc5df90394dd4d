"""A release made by hand up to any stage, as the stages before would leave it: no index and no engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ops.supply_chain import assemble_release, bundle_evidence, generate_provenance, retain_artifacts, summarise_release
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.build_report import (
    BuildConditions,
    BuildReport,
    BuildRequirement,
    BuiltDistribution,
    DigestPair,
    PackageBuild,
    ReportedBuilds,
)
from ops.supply_chain.contracts.files.record import Record, ToolRef
from ops.supply_chain.contracts.files.verdict import GateFile, RuleVerdict, Verdict
from ops.supply_chain.contracts.values.build_property import OTHER_REPORT
from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.runner.rehearsal_mode import is_rehearsal

LOCKS = ("functions/a/requirements.txt", "functions/b/requirements.txt")
CONDITIONS = BuildConditions(
    folder="first",
    umask="0022",
    timezone="UTC",
    locale="C",
    hash_seed="0",
    cpus=1,
    user="own",
    python="3.11.7",
    zlib="1.2.13",
    tools={"hatchling": "1.33.0"},
)
INVOCATION = "urn:uuid:00000000-0000-4000-8000-000000000000"
Main = Callable[[Sequence[str]], int]


class Handmade:
    """A project named `N`, its `dist/` and its store below one folder."""

    def __init__(self, base: Path, *, version: str = "V") -> None:
        self.base, self.version = base, version
        self.finished = "2026-11-20T00:00:01Z"
        self.root, self.dist, self.artifacts = base / "project", base / "dist", base / "artifacts"
        self.store = self.artifacts / "supply-chain" / "N"

    def argv(self, *more: str) -> list[str]:
        folders = {"project": self.root, "dist": self.dist, "artifacts": self.artifacts}
        options = [word for name, path in folders.items() for word in (f"--{name}", str(path))]
        return [*options, "--version", self.version, *more]

    def run(self, main: Main, *more: str) -> int:
        return main(self.argv(*more))

    def write(self, path: str, text: str) -> Path:
        target = self.base / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def ref(self, label: str, path: str) -> FileRef:
        data = ((self.root if label == "project" else self.dist) / path).read_bytes()
        return FileRef(path=f"{label}:{path}", sha256=sha256_bytes(data), size=len(data))

    def project(self, *, locks: Sequence[str] = LOCKS) -> None:
        self.write("project/.security-config.toml", 'component_name = "N"\n')
        for lock in locks:
            self.write(f"project/{lock}", f"x==1.0 --hash=sha256:{'0' * 64}  # {lock}\n")
        if locks:
            self.write("project/functions/a/requirements.provenance.json", '{"x": {}}\n')

    def sboms(self, *, locks: Sequence[str] = LOCKS) -> None:
        """Do what generate_sbom does."""
        self.write("dist/.sealwright.lock", "")
        names = ["sbom/N-sbom.json", "sbom/N-sbom.spdx.json", *(f"sbom/locks/{lock}.cdx.json" for lock in locks)]
        for name in names:
            self.write(f"dist/{name}", json.dumps({"of": name}) + "\n")
        self.record(
            "generate_sbom",
            reads=tuple(self.ref("project", lock) for lock in locks),
            writes=tuple(self.ref("dist", name) for name in sorted(names)),
            counts={"components": len(locks), "locked": len(locks), "examined": len(locks)},
        )

    def record(self, stage: str, **facts: Any) -> None:
        whole: dict[str, Any] = {
            "schema": "record/1",
            "stage": stage,
            "component": "N",
            "version": self.version,
            "outcome": Outcome.PASS,
            "invocation": INVOCATION,
            "started": "2026-11-20T00:00:00Z",
            "finished": self.finished,
            "offline": False,
            "tools": (),
            "feeds": (),
            "options": {},
            "counts": {},
            "reads": (),
            "writes": (),
            "findings": (),
            **facts,
        }
        canonical.write(self.dist / "records" / f"{stage}.json", Record(**whole))

    def distributions(self, *names: str, before: DigestPair | None = None, **facts: Any) -> None:
        """Do what build_distributions does, with the name of a distribution as its content."""
        for name in names:
            self.write(f"dist/packages/{name}", name)
        refs = [self.ref("dist", f"packages/{name}") for name in names]
        built = [
            BuiltDistribution(
                filename=name,
                kind=DistributionKind.WHEEL if name.endswith(".whl") else DistributionKind.SDIST,
                sha256=ref.sha256,
                size=ref.size,
                before=before,
                **{"built_twice": True, "identical": True, **facts},
            )
            for name, ref in zip(names, refs, strict=True)
        ]
        package = PackageBuild(
            path=".",
            name="n",
            version=self.version,
            backend="hatchling.build",
            requirements=(
                BuildRequirement(name="hatchling", version="1.33.0+x", sha256=("a" * 64, "b" * 64)),
                BuildRequirement(name="unhashed", version="1"),
            ),
            distributions=tuple(built),
            builds=(CONDITIONS, msgspec.structs.replace(CONDITIONS, folder="second", umask="0077")),
        )
        self.build_report(package)

    def handed_over(self, *names: str, **facts: Any) -> None:
        """Do what build_distributions does with distributions that came with the report of the job that built them."""
        self.distributions(*names, **facts)
        path = self.dist / "build/report.json"
        (package,) = canonical.read(path, BuildReport).packages
        given = canonical.encode(package)
        here = [
            msgspec.structs.replace(entry, built_twice=False, identical=None, before=None)
            for entry in package.distributions
        ]
        plain = PackageBuild(path=".", name="n", version=self.version, distributions=tuple(here), provided_by=())
        reported = ReportedBuilds(sha256=sha256_bytes(given), size=len(given), authenticated=False, packages=(package,))
        self.build_report(plain, reported=reported)

    def build_report(self, *packages: PackageBuild, reported: ReportedBuilds | None = None) -> None:
        """Write the report of the build, and the record of the stage that wrote it."""
        report = BuildReport(
            schema="build/1",
            component="N",
            version=self.version,
            source_date_epoch=0,
            packages=packages,
            reported=reported,
        )
        canonical.write(self.dist / "build/report.json", report)
        names = [f"packages/{entry.filename}" for package in packages for entry in package.distributions]
        writes = tuple(self.ref("dist", path) for path in ["build/report.json", *names])
        reads = (FileRef(path=OTHER_REPORT, sha256=reported.sha256, size=reported.size),) if reported else ()
        self.record("build_distributions", writes=writes, reads=reads)

    def verdict(self, inputs: Sequence[str], outcome: Outcome = Outcome.PASS) -> Verdict:
        rule = RuleVerdict(code="p.r", title="t", outcome=outcome, examined=1, unknown=0, denials=(), unknowns=())
        return Verdict(
            schema="verdict/1",
            decision="allow" if outcome is Outcome.PASS else "deny",
            outcome=outcome,
            component="N",
            version=self.version,
            profiles=("base",),
            engine=ToolRef(name="regopy", version="1.5.2"),
            policy_sha256="0" * 64,
            policy=(),
            inputs=tuple(self.ref("dist", path) for path in inputs),
            rules=(rule,),
        )

    def records(self) -> list[str]:
        return sorted(f"records/{path.name}" for path in (self.dist / "records").glob("*.json"))

    def judge(self, outcome: Outcome = Outcome.PASS) -> None:
        """Do what the first pass of evaluate_policy does."""
        stages = ("build_distributions", "bundle_evidence", "generate_sbom")
        judged = [path for stage in stages if (self.dist / (path := f"records/{stage}.json")).exists()]
        verdict = self.verdict(["sbom/N-sbom.json", *judged], outcome)
        records = tuple(canonical.read(self.dist / path, Record) for path in judged)
        canonical.write(self.dist / "verdict/verdict.json", verdict)
        gate = GateFile(schema="gate/1", verdict=verdict, records=records, rehearsal=is_rehearsal())
        canonical.write(self.dist / "verdict/gate.json", gate)
        writes = (self.ref("dist", "verdict/verdict.json"), self.ref("dist", "verdict/gate.json"))
        self.record("evaluate_policy", outcome=outcome, writes=writes)

    def judge_provenance(self, outcome: Outcome = Outcome.PASS) -> None:
        """Do what the second pass of evaluate_policy does."""
        verdict = self.verdict(["provenance/provenance.json", *self.records()], outcome)
        canonical.write(self.dist / "verdict/provenance-verdict.json", verdict)
        writes = (self.ref("dist", "verdict/provenance-verdict.json"),)
        self.record("evaluate_policy_provenance", outcome=outcome, writes=writes)

    def until(self, stage: str, *, locks: Sequence[str] = LOCKS) -> None:
        """Run everything before a stage; the empty name runs everything."""
        self.project(locks=locks)
        steps: dict[str, Callable[[], object]] = {
            "generate_sbom": lambda: self.sboms(locks=locks),
            "bundle_evidence": lambda: self.must(bundle_evidence.main),
            "evaluate_policy": self.judge,
            "generate_provenance": lambda: self.must(generate_provenance.main),
            "evaluate_policy_provenance": self.judge_provenance,
            "assemble_release": lambda: self.must(assemble_release.main),
            "retain_artifacts": lambda: self.must(retain_artifacts.main),
            "summarise_release": lambda: self.must(summarise_release.main),
        }
        for name, step in steps.items():
            if name == stage:
                return
            step()

    def must(self, main: Main) -> None:
        assert self.run(main) == 0

    def document(self, path: str) -> Any:
        return json.loads((self.dist / path).read_text())
