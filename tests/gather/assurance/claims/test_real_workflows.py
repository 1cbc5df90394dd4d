"""Workflows as projects have them: our own, our templates', and recorded ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.assurance.adoption.model import PipelineSource
from ops.supply_chain.assurance.adoption.workflows import NAMES, render_workflow
from ops.supply_chain.gather.assurance.claims.workflows import workflow_facts

REPOSITORY = Path(__file__).resolve().parents[4]
SHARED = REPOSITORY.parent / "shared" / "data" / "cases"
PIPELINES = (PipelineSource(repository="", commit=""), PipelineSource(repository="acme/sealwright", commit="a" * 40))


def counts(text: str) -> tuple[bool, int, int]:
    """Return whether all actions are pinned, and how many files are restricted and scan daily."""
    found = workflow_facts({"w": text}, lambda _: "")
    assert found.actions > 0
    return found.actions == found.pinned, found.restricted, found.daily_scan


@pytest.mark.parametrize("name", NAMES)
def test_our_own_workflows(name: str) -> None:
    text = (REPOSITORY / ".github" / "workflows" / name).read_text()
    assert counts(text) == (True, 1, int(name == "daily-scan.yml"))


@pytest.mark.parametrize("pipeline", PIPELINES, ids=["to be named", "named"])
@pytest.mark.parametrize("name", NAMES)
def test_workflows_of_our_templates(name: str, pipeline: PipelineSource) -> None:
    template = (REPOSITORY / "templates" / "workflows" / name).read_text()
    text = render_workflow(template, pipeline=pipeline, name="small")
    assert counts(text) == (True, 1, int(name == "daily-scan.yml"))


def test_a_workflow_that_writes_another_into_a_file_is_not_that_other() -> None:
    path = SHARED / "workflow-that-echoes" / ".github" / "workflows" / "make-sample.yml"
    if not path.is_file():
        pytest.skip("needs the recorded cases in ../shared/data")
    found = workflow_facts({"w": path.read_text()}, lambda _: "")
    assert (found.files, found.actions, found.restricted, found.daily_scan) == (1, 0, 0, 0)
