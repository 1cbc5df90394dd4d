"""A project under git with a base branch and a change, and how to review it; nothing leaves the machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from ops.supply_chain import review_change
from ops.supply_chain.contracts.files.change_review import ChangeReview
from tests.adapters.files.test_git import commit, git
from tests.fakes.advisories import affected, record, snapshot

HASH = "--hash=sha256:" + "0" * 64
PYPROJECT = '[project]\nname = "thing"\nversion = "1.0"\n'
UNRELATED = record("MAL-9", affected("elsewhere", "introduced 0"))


class ChangeProject:
    """A repository with the branches `main` and `change`.

    Args:
        folder: Everything lies below it.
        locked: Pins of the lock on `main`.
    """

    def __init__(self, folder: Path, *locked: str) -> None:
        self.folder = folder
        self.root = folder / "thing"
        self.dist = folder / "dist"
        self.zip = folder / "osv.zip"
        self.root.mkdir()
        git(self.root, "init", "-q", "-b", "main")
        self.write("pyproject.toml", PYPROJECT)
        if locked:
            self.lock(*locked)
        commit(self.root)
        self.feed()

    def write(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def lock(self, *pins: str, path: str = "requirements.txt", head: str = "") -> None:
        """Write a lock in the working folder; a pin with a space has its own options behind it."""
        lines = [pin if " " in pin else f"{pin} {HASH}" for pin in pins]
        self.write(path, "".join(f"{line}\n" for line in [*([head] if head else []), *lines]))

    def commit(self, branch: str = "") -> str:
        """Commit the working folder, on another branch first made if given; return the commit."""
        if branch:
            git(self.root, "checkout", "-q", "-B", branch)
        commit(self.root)
        return git(self.root, "rev-parse", "HEAD").strip()

    def feed(self, *records: dict[str, Any]) -> None:
        self.zip.write_bytes(snapshot(UNRELATED, *records))

    def run(self, *words: str, enrich: bool = False, root: Path | None = None) -> int:
        """Review, without asking an index unless `enrich`."""
        folders = ["--project", str(root or self.root), "--dist", str(self.dist)]
        folders += ["--artifacts", str(self.folder / "artifacts"), "--cache", str(self.folder / "cache")]
        quick = [] if enrich else ["--no-enrich"]
        return review_change.main([*folders, "--advisories", str(self.zip), *quick, *words])

    def review(self) -> ChangeReview:
        """Return the review that was written."""
        [path] = [path for path in (self.dist / "change").glob("*.json") if not path.name.endswith(".cdx.json")]
        return msgspec.convert(json.loads(path.read_bytes()), ChangeReview, strict=True)

    def new(self) -> list[tuple[str, str]]:
        """Return code and package of each new finding, sorted."""
        return sorted((finding.code, finding.package) for finding in self.review().new)

    def copies(self) -> list[str]:
        """Return the folders of the copies that are still there."""
        return sorted(path.name for path in (self.folder / "tmp").glob("sealwright-change-*"))
