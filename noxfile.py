"""The nox sessions of sealwright. Which stages run, and in which order, is in the table in `ops/supply_chain/__init__.py`.

    nox -l          list the sessions
    nox -s STAGE    run one stage script alone, by its name

Options after `--` go to the scripts: `nox -s release -- --project ../theirs --version v1.2.0`.

`sealwright SESSION`, the console command, starts the programs of these sessions in the environment that it is installed in
(`sealwright/sessions.json`). Here every session of the pipeline shares one environment, `.nox/pipeline`, installed from `requirements.txt`
with `--require-hashes`; tests and lint share `.nox/tests`. An environment is rebuilt when its lock changes.
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

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from ops.supply_chain import PIPELINE, StageRow  # noqa: E402 - this folder comes first
from ops.supply_chain.core.start import start_words  # noqa: E402 - as above
from sealwright.echo import run_without_echo  # noqa: E402 - as above

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["rehearse"]
nox.options.default_venv_backend = "none"
nox.options.error_on_missing_interpreters = True

PIPELINE_LOCK = "requirements.txt"
TESTS_LOCK = "tests/requirements.txt"
OPTIONS_VARIABLE = "SEALWRIGHT_OPTIONS"
WHEELS_ONLY = "SEALWRIGHT_WHEELS_ONLY"
"""`1` where no package may be built during installation, for example in a job that has a token."""

TEMPORARY_VARIABLE = "PYTEST_DEBUG_TEMPROOT"
"""Where pytest makes its temporary files."""


@nox.session
def rehearse(session: nox.Session) -> None:
    """Rehearse the whole release: signed and verified on loopback, nothing written to a public log."""
    _session(session, "rehearse")


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Turn the project into a gated, policy-checked, signed, verified and retained release."""
    _session(session, "release")


@nox.session(default=False)
def daily_scan(session: nox.Session) -> None:
    """Report what has changed for the locked dependencies since yesterday: advisories, malware, hashes, publishers."""
    _session(session, "scan")


@nox.session(default=False)
def security_md(session: nox.Session) -> None:
    """Write SECURITY.md and its companion files from the evidence of the newest release."""
    _script(session, "generate_security_md")


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Compile hash-pinned locks with a release-age cool-down, and an SBOM and publisher baseline for each."""
    _script(session, "compile_locks")


@nox.session(default=False)
def verify(session: nox.Session) -> None:
    """Verify a release as a customer would: `-- FOLDER`, an archive, or `-- --github OWNER/REPO TAG`; or `-- --package NAME==VERSION`."""
    _script(session, "verify_release")


@nox.session(default=False)
def verifier(session: nox.Session) -> None:
    """Build the stand-alone verifier, dist/verifier/sealwright-verify.pyz."""
    _script(session, "build_verifier")


@nox.session(default=False)
def publish(session: nox.Session) -> None:
    """Publish a verified release: on GitHub as a draft first, public once complete; with --index on a package index."""
    _script(session, "publish_release")


@nox.session(default=False)
def compare(session: nox.Session) -> None:
    """Compare two SBOMs or releases, `-- OLD NEW`: added, removed, changed, relicensed."""
    _script(session, "compare_sboms")


@nox.session(default=False)
def upload(session: nox.Session) -> None:
    """Upload an SBOM to Dependency-Track, `-- dist/release --to URL`; with `--vex FILE` VEX after it; `--dry-run` shows it."""
    _script(session, "upload_sbom")


@nox.session(default=False)
def supplier(session: nox.Session) -> None:
    """Take in SBOMs and VEX of suppliers, `-- PATH ...`: accepted, quarantined or refused; `-- --status`, `-- --request NAME`."""
    _script(session, "ingest_supplier")


@nox.session(default=False)
def backlog(session: nox.Session) -> None:
    """Review suppliers' products: backlog, risk register, VDR; `-- --set ID state=...`, `-- --import FILE.csv`, `-- --show [ID]`."""
    _script(session, "review_suppliers")


@nox.session(default=False)
def affected(session: nox.Session) -> None:
    """Answer "am I affected?", `-- CVE-2026-12345`, `'urllib3<2.6.3'`, `pkg:npm/left-pad`, `sha256:...` or `./folder`."""
    _script(session, "find_affected")


@nox.session(default=False)
def pull_request(session: nox.Session) -> None:
    """Review a change against its base, `-- --base REF`: packages, licences and new findings; exit 4 on new ones only."""
    _script(session, "review_change")


@nox.session(default=False)
def reproduce(session: nox.Session) -> None:
    """Make a release again in this clone, `-- --release FOLDER`, and compare every file: identical, or what differs and why."""
    _script(session, "reproduce_release")


@nox.session(default=False)
def report(session: nox.Session) -> None:
    """Render the last run as one page, dist/report/index.html; with `-- --pdf` also as a PDF."""
    _script(session, "render_report", "--claims")


@nox.session(default=False)
def trust_page(session: nox.Session) -> None:
    """Render what the newest release of each component shows today, `-- --fleet FILE`: static HTML and Markdown in dist/trust/."""
    _script(session, "render_trust_page")


@nox.session(default=False)
def adopt(session: nox.Session) -> None:
    """Prepare a project, `-- PATH [--write]`: show or add the files it needs, rehearse it, list three next steps."""
    _session(session, "adopt")


@nox.session(default=False)
def retention(session: nox.Session) -> None:
    """List the retained releases; `-- --verify` checks them, `-- --prune` lists expired ones, `--prune --apply` removes them."""
    others = {"--list", "--verify", "--prune", "-h", "--help"}
    _script(session, "retain_artifacts", *([] if others.intersection(session.posargs) else ["--list"]))


@nox.session(default=False)
def review(session: nox.Session) -> None:
    """List what the quarterly review must cover: what expires, what has no owner, what could not be examined."""
    _script(session, "review_posture")


@nox.session(default=False)
def incident(session: nox.Session) -> None:
    """Draft the reports of CRA Article 14 and an advisory, `-- --id CVE-... --aware TIME`; nothing is sent."""
    _script(session, "draft_incident")


def _stage_session(row: StageRow) -> None:
    def stage(session: nox.Session) -> None:
        _script(session, row.script)

    stage.__doc__ = f"{row.title}: run {row.script}.py alone."
    nox.session(name=row.script, default=False)(stage)


for _row in PIPELINE:
    _stage_session(_row)


@nox.session(default=False)
def tests(session: nox.Session) -> None:
    """Run the test suite on loopback only; `-- -m whole`: every case, `-- -m online`: the real index, `-- --cov`."""
    python = _environment(session, "tests", TESTS_LOCK)
    # Many tests wait for a server that does not answer, so two workers per core. Without assert rewriting a worker
    # starts in a third of the time; tests that failed run once more with it, to show the values.
    command = [python, "-m", "pytest", "-n", str(2 * (os.cpu_count() or 1)), "--dist", "worksteal", "--assert=plain"]
    # Hundreds of processes import the same modules: without bytecode each of them compiles all of these, and in a new
    # clone all workers do so at the same time.
    compile_all = [python, "-m", "compileall", "-q", "-j", "0", "ops", "sealwright", "tests"]
    session.run(*compile_all, external=True, log=False, success_codes=range(256))
    variables = {"PYTHONDONTWRITEBYTECODE": "", **_temporary_files_in_memory()}
    try:
        session.run(*command, *session.posargs, env=variables, external=True)
    except CommandFailed:
        # Where no test failed, the coverage is below its floor: there is nothing to run once more.
        again = ["--last-failed", "--last-failed-no-failures", "none", "--no-cov"]
        session.run(python, "-m", "pytest", *session.posargs, *again, external=True, success_codes=range(256))
        raise


def _temporary_files_in_memory() -> dict[str, str]:
    """Return the variable for pytest's temporary files: the tests make 100,000, and on a disk they wait for it."""
    memory, wanted = Path("/dev/shm"), 2 << 30  # noqa: S108 - pytest makes folders in it that are the user's own
    if sys.platform != "linux" or TEMPORARY_VARIABLE in os.environ or not os.access(memory, os.W_OK):
        return {}
    system = os.statvfs(memory)
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    usable = not system.f_flag & os.ST_NOEXEC and min(system.f_bavail * system.f_frsize, available) >= wanted
    return {TEMPORARY_VARIABLE: str(memory)} if usable else {}


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
    """Regenerate stage pages, configuration reference, README tables, workflows and golden files."""
    python = _environment(session, "tests", TESTS_LOCK)
    session.run(python, "-m", "tests.generated", external=True)
    session.run(python, "-m", "tests.golden", external=True)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Run the benchmarks and print the table."""
    python = _environment(session, "tests", TESTS_LOCK)
    session.run(python, "-m", "tests.benchmarks", *session.posargs, external=True)


def _session(session: nox.Session, module: str) -> None:
    python = _environment(session, "pipeline", PIPELINE_LOCK)
    _run(session, [python, *start_words(f"ops.supply_chain.sessions.{module}"), "--"])


def _script(session: nox.Session, script: str, *arguments: str) -> None:
    python = _environment(session, "pipeline", PIPELINE_LOCK)
    _run(session, [python, *start_words("ops.supply_chain.runner.one"), script, *arguments, "--"])


def _run(session: nox.Session, command: list[str]) -> None:
    # nox prints the command that it runs, and again when it fails. In a public log the options, which may name the
    # project, therefore travel in the environment.
    public = "--public-log" in session.posargs
    options = [] if public else session.posargs
    hidden = {OPTIONS_VARIABLE: shlex.join(session.posargs)} if public else {}
    run_without_echo(session, [*command, *options], env=hidden)


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
        session.log(f"Installing what {lock_file} locks into {home.relative_to(HERE)}: once, in about a minute")
        session.run(sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(home), external=True, log=False)
        uv = shutil.which("uv")
        pip = (
            [uv, "pip", "install", "--quiet", "--python", str(python)]
            if uv
            else [str(python), "-m", "pip", "install", "--quiet"]
        )
        # pip compiles what it installs, uv only where it is asked: hundreds of processes of the tests import it.
        compiled = ["--compile-bytecode"] if uv and name == "tests" else []
        wheels = ["--only-binary", ":all:"] if os.environ.get(WHEELS_ONLY) == "1" else []
        session.run(*pip, *compiled, "--require-hashes", *wheels, "-r", lock_file, external=True, log=False)
        session.run(*pip, "--no-deps", "--no-build-isolation", "-e", ".", external=True, log=False)
        stamp.write_text(digest)
    return str(python)
