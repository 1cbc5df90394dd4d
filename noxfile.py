"""The sessions of sealwright: which scripts run, in which order. No logic lives here.

    nox -s rehearse       the whole release, signed and verified on loopback; nothing leaves the machine
    nox -s release        gates, SBOMs, evidence, policy, provenance, checksums, retention
    nox -s daily_scan     is anything that is locked exposed since yesterday?
    nox -s security_md    write SECURITY.md, in which no claim stands without evidence
    nox -s lock           compile the locks of a project
    nox -s publish        put the verified release on GitHub
    nox -s compare        what changed between two SBOMs or releases
    nox -s report         the last run as one page to look at
    nox -s verify         verify a release as a customer would
    nox -s verifier       build the verifier that needs no repository
    nox -s adopt          look at a project, write what it needs, rehearse it
    nox -s retention      list, verify and prune retained releases
    nox -s review         what the quarterly review must look at
    nox -s STAGE          one stage script alone, by its name
    nox -s tests          the test suite
    nox -s lint           ruff, mypy, import contracts, generated files
    nox -s bench          benchmarks, side by side

Options after `--` go to the scripts: `nox -s release -- --project ../theirs --version v1.2.0`.

Every session of the pipeline shares one environment, `.nox/pipeline`, installed from `requirements.txt`
with `--require-hashes`; tests and lint share `.nox/tests`. An environment is made anew when its lock changes.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import sys
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["rehearse"]
nox.options.default_venv_backend = "none"
nox.options.error_on_missing_interpreters = True

HERE = Path(__file__).resolve().parent
PIPELINE_LOCK = "requirements.txt"
TESTS_LOCK = "tests/requirements.txt"
STAGES = (
    "compile_locks",
    "generate_sbom",
    "check_locks",
    "check_hashes",
    "scan_updates",
    "check_publishers",
    "check_vulnerabilities",
    "check_malware",
    "generate_security_md",
    "generate_vex",
    "report_findings",
    "bundle_evidence",
    "evaluate_policy",
    "evaluate_claims",
    "generate_provenance",
    "assemble_release",
    "sign_artifacts",
    "verify_release",
    "build_verifier",
    "publish_release",
    "retain_artifacts",
    "summarise_release",
    "render_report",
    "compare_sboms",
    "adopt_project",
    "mirror_docs",
    "review_posture",
)
OPTIONS_VARIABLE = "SEALWRIGHT_OPTIONS"
WHEELS_ONLY = "SEALWRIGHT_WHEELS_ONLY"
"""`1` where nothing may be built on the way in: a job that holds a token, for example."""

RELEASE_STEPS = (
    (
        "check_locks --reproducible & check_hashes --bytes & check_vulnerabilities --second-opinion"
        " & check_malware & check_publishers & generate_security_md --check --strict --unless-first & generate_sbom"
    ),
    "generate_vex",
    "report_findings",
    "bundle_evidence",
    "evaluate_policy",
    "generate_provenance",
    "evaluate_policy --provenance",
    "assemble_release",
    "sign_artifacts",
    "verify_release",
    "retain_artifacts",
    "summarise_release",
)


@nox.session
def rehearse(session: nox.Session) -> None:
    """Rehearse the whole release: signed and verified on loopback, nothing written to a public log."""
    _pipeline(session, *RELEASE_STEPS, module="sessions.rehearse")


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Turn the project into a gated, policy-checked, signed, verified and retained release."""
    _pipeline(session, *RELEASE_STEPS)


@nox.session(default=False)
def daily_scan(session: nox.Session) -> None:
    """Ask whether anything that is locked is exposed since yesterday; builds nothing."""
    _pipeline(
        session,
        "check_locks & check_hashes & check_vulnerabilities --ledger & check_malware --ledger & check_publishers"
        " & generate_security_md --watch",
        "scan_updates",
        "report_findings",
    )


@nox.session(default=False)
def security_md(session: nox.Session) -> None:
    """Write SECURITY.md and the files beside it, from what the evidence of the newest release shows."""
    _script(session, "generate_security_md")


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Compile the project's locks: hashes, cool-down, SBOM and publisher baseline beside each."""
    _script(session, "compile_locks")


@nox.session(default=False)
def verify(session: nox.Session) -> None:
    """Verify a release as a customer would: a folder, an archive, or --github OWNER/REPO TAG."""
    _script(session, "verify_release")


@nox.session(default=False)
def verifier(session: nox.Session) -> None:
    """Build the verifier that needs no repository: dist/verifier/sealwright-verify.pyz."""
    _script(session, "build_verifier")


@nox.session(default=False)
def publish(session: nox.Session) -> None:
    """Publish the verified release on GitHub: a draft, its files, and public when all of them are there."""
    _script(session, "publish_release")


@nox.session(default=False)
def compare(session: nox.Session) -> None:
    """Tell what was added, removed, changed or relicensed between two SBOMs or releases."""
    _script(session, "compare_sboms")


@nox.session(default=False)
def report(session: nox.Session) -> None:
    """Show the last run as one page: dist/report/index.html; with --pdf as a PDF as well."""
    _script(session, "render_report", "--claims")


@nox.session(default=False)
def adopt(session: nox.Session) -> None:
    """Look at a project, show or write what it needs, rehearse it, and tell what to do next: -- PATH [--write]."""
    _pipeline(session, *RELEASE_STEPS, module="sessions.adopt")


@nox.session(default=False)
def retention(session: nox.Session) -> None:
    """List, verify or prune the retained releases."""
    _script(session, "retain_artifacts", *([] if session.posargs else ["--list"]))


@nox.session(default=False)
def review(session: nox.Session) -> None:
    """List what the quarterly review must look at."""
    _script(session, "review_posture")


def _stage_session(script: str) -> None:
    @nox.session(name=script, default=False)
    def stage(session: nox.Session) -> None:
        _script(session, script)

    stage.__doc__ = f"Run {script}.py alone."


for _name in STAGES:
    _stage_session(_name)


@nox.session(default=False)
def tests(session: nox.Session) -> None:
    """Run the test suite, on loopback alone; -- -m whole for every case, -- -m online with the real index."""
    python = _environment(session, "tests", TESTS_LOCK)
    # Many tests wait for a server that does not answer, so two of them for a core. Without rewriting asserts a worker
    # starts in a third of the time; what failed runs once more, and then tells the values.
    command = [python, "-m", "pytest", "-n", str(2 * (os.cpu_count() or 1)), "--dist", "worksteal", "--assert=plain"]
    try:
        session.run(*command, *session.posargs, external=True)
    except CommandFailed:
        # Where nothing failed, the coverage is below its floor: there is nothing to run once more.
        again = ["--last-failed", "--last-failed-no-failures", "none", "--no-cov"]
        session.run(python, "-m", "pytest", *session.posargs, *again, external=True, success_codes=range(256))
        raise


@nox.session(default=False)
def lint(session: nox.Session) -> None:
    """Check style, types, import contracts and generated files."""
    python = _environment(session, "tests", TESTS_LOCK)
    session.run(python, "-m", "ruff", "check", ".", external=True)
    session.run(python, "-m", "ruff", "format", "--check", ".", external=True)
    session.run(python, "-m", "mypy", external=True)
    session.run(python, "-c", "from importlinter.cli import lint_imports_command as c; c()", external=True)
    zizmor = str(Path(python).with_name("zizmor"))
    session.run(zizmor, "--offline", "--no-progress", ".github/workflows", external=True)
    session.run(python, "-m", "tests.generated", "--check", external=True)
    session.run(python, "-m", "tests.golden", "--check", external=True)


@nox.session(default=False)
def generate(session: nox.Session) -> None:
    """Write the generated files again: stage pages, configuration reference, golden files."""
    python = _environment(session, "tests", TESTS_LOCK)
    session.run(python, "-m", "tests.generated", external=True)
    session.run(python, "-m", "tests.golden", external=True)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure, side by side in one run, and print the table."""
    python = _environment(session, "tests", TESTS_LOCK)
    session.run(python, "-m", "tests.benchmarks", *session.posargs, external=True)


def _pipeline(session: nox.Session, *steps: str, module: str = "runner.pipeline") -> None:
    python = _environment(session, "pipeline", PIPELINE_LOCK)
    _run(session, [python, "-Im", f"ops.supply_chain.{module}", *steps, "--"])


def _script(session: nox.Session, script: str, *arguments: str) -> None:
    python = _environment(session, "pipeline", PIPELINE_LOCK)
    _run(session, [python, "-Im", "ops.supply_chain.runner.one", script, *arguments, "--"])


def _run(session: nox.Session, command: list[str]) -> None:
    # nox prints the command that it runs and again when it fails; in a public log the options, which
    # may name the project, therefore travel in the environment.
    public = "--public-log" in session.posargs
    options = [] if public else session.posargs
    hidden = {OPTIONS_VARIABLE: shlex.join(session.posargs)} if public else {}
    session.run(*command, *options, env=hidden, external=True, log=not public)


def _environment(session: nox.Session, name: str, lock_file: str) -> str:
    """Make or reuse a virtual environment from a hash-locked file; return its interpreter."""
    home = HERE / ".nox" / name
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    text = f"{sys.version}\n{home}\n".encode() + b"".join(
        (HERE / part).read_bytes() for part in (lock_file, "pyproject.toml")
    )
    stamp, digest = home / ".sealwright-lock", hashlib.sha256(text).hexdigest()
    if not (python.exists() and stamp.exists() and stamp.read_text() == digest):
        stamp.unlink(missing_ok=True)
        session.run(sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(home), external=True)
        uv = shutil.which("uv")
        pip = (
            [uv, "pip", "install", "--quiet", "--python", str(python)]
            if uv
            else [str(python), "-m", "pip", "install", "--quiet"]
        )
        wheels = ["--only-binary", ":all:"] if os.environ.get(WHEELS_ONLY) == "1" else []
        session.run(*pip, "--require-hashes", *wheels, "-r", lock_file, external=True)
        session.run(*pip, "--no-deps", "--no-build-isolation", "-e", ".", external=True)
        stamp.write_text(digest)
    return str(python)
