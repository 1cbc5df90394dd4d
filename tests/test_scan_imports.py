"""A scan imports what its answer needs: what other projects, other sources or a new feed need is left out."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from ops.supply_chain.adapters.osv.snapshot import open_feed
from tests.architecture.test_stages import unmeasured
from tests.fakes.advisories import affected, record, snapshot

NOT_FOR_A_SCAN = {
    "asyncio",
    "configparser",
    "csv",
    "h2",
    "httpcore",
    "httpx",
    "ops.supply_chain.adapters.files.artifact_store",
    "ops.supply_chain.adapters.http.client",
    "ops.supply_chain.adapters.osv.index_rows",
    "ops.supply_chain.contracts.values.received_sbom",
    "ops.supply_chain.dependencies.locks.readers.poetry_lock",
    "ops.supply_chain.dependencies.locks.readers.uv_lock",
    "ops.supply_chain.formats.osv",
    "ops.supply_chain.formats.version_orders.ecosystems",
    "ops.supply_chain.gather.gates.sboms",
    "ops.supply_chain.gather.risk.advisories.others",
    "ops.supply_chain.gather.risk.advisories.shipped",
    "ops.supply_chain.risk.advisories.other_scales",
    "ops.supply_chain.trust.identities.vex_authors",
    "packaging.markers",
    "packaging.specifiers",
    "shutil",
    "sqlalchemy",
    "zipfile",
}
"""HTTP, other formats of locks, SBOMs of others, other ecosystems, retained releases, building an index."""

HASH = "0" * 64


def test_a_scan_of_requirements_with_an_index_imports_no_more_than_it_needs(tmp_path: Path) -> None:
    project, feed, cache = tmp_path / "project", tmp_path / "osv.zip", tmp_path / "cache"
    project.mkdir()
    (project / "requirements.txt").write_text(f"foo==1.0 --hash=sha256:{HASH}\n")
    vector = {"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N"}]}
    feed.write_bytes(snapshot(record("PYSEC-1", affected("foo", "introduced 0, fixed 2"), **vector)))
    open_feed(str(feed), cache=cache, now=datetime.now(UTC)).__exit__(None, None, None)
    words = ["--project", project, "--dist", tmp_path / "dist", "--cache", cache, "--version", "v1"]
    code = (
        "import sys\n"
        "from ops.supply_chain.check_vulnerabilities import main\n"
        f"assert main({[*map(str, words), '--advisories', str(feed)]!r}) == 4\n"
        f"found = {NOT_FOR_A_SCAN!r} & set(sys.modules)\n"
        "assert not found, found"
    )
    done = subprocess.run([sys.executable, "-Ic", code], env=unmeasured(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "foo 1.0 has PYSEC-1" in done.stdout
