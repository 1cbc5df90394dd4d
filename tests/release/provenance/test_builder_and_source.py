"""Who built it and from where: claimed no further than the environment and the remote tell."""

from __future__ import annotations

import pytest

from ops.supply_chain.release.provenance.builder import BuilderKind, build_type, builder_id, recognise
from ops.supply_chain.release.provenance.source import source_uri, tag_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"

ENVIRONMENTS = {
    "nothing set": ({}, BuilderKind.WORKSTATION),
    "some other CI": ({"CI": "true", "JENKINS_URL": "x"}, BuilderKind.WORKSTATION),
    "GitHub's machine": (
        {"GITHUB_ACTIONS": "true", "RUNNER_ENVIRONMENT": "github-hosted"},
        BuilderKind.GITHUB_HOSTED,
    ),
    "one's own runner": (
        {"GITHUB_ACTIONS": "true", "RUNNER_ENVIRONMENT": "self-hosted"},
        BuilderKind.GITHUB_SELF_HOSTED,
    ),
    "an old runner that does not say": ({"GITHUB_ACTIONS": "true"}, BuilderKind.GITHUB_SELF_HOSTED),
    "half an environment": ({"RUNNER_ENVIRONMENT": "github-hosted"}, BuilderKind.WORKSTATION),
    "not true": ({"GITHUB_ACTIONS": "1", "GITLAB_CI": "yes"}, BuilderKind.WORKSTATION),
    "GitLab": ({"GITLAB_CI": "true"}, BuilderKind.GITLAB_RUNNER),
}


@pytest.mark.parametrize("what", ENVIRONMENTS)
def test_the_builder_is_told_from_the_environment(what: str) -> None:
    environment, expected = ENVIRONMENTS[what]
    assert recognise(environment) is expected


def test_identifiers() -> None:
    assert builder_id("urn:sealwright:", BuilderKind.WORKSTATION) == "urn:sealwright:builder:workstation:v1"
    assert build_type("urn:sealwright:") == "urn:sealwright:buildtype:release:v1"
    assert len({builder_id("urn:x:", kind) for kind in BuilderKind}) == len(BuilderKind)


def test_a_rehearsing_builder_is_another_one() -> None:
    assert builder_id("urn:x:", BuilderKind.GITHUB_HOSTED, rehearsal=True) == "urn:x:builder:github-hosted:v1:rehearsal"


REMOTES = {
    "https://git.example/o/r.git": f"git+https://git.example/o/r.git@{COMMIT}",
    "https://user:secret@git.example/o/r": f"git+https://git.example/o/r@{COMMIT}",
    "https://token@git.example/o/r?private_token=x&token=abc#main": f"git+https://git.example/o/r@{COMMIT}",
    "HTTPS://git.example/r": f"git+https://git.example/r@{COMMIT}",
    "ssh://git@git.example:2222/o/r": f"git+ssh://git.example:2222/o/r@{COMMIT}",
    "git@git.example:o/r.git": f"git+ssh://git.example/o/r.git@{COMMIT}",
    "git.example:/srv/o/r.git": f"git+ssh://git.example/srv/o/r.git@{COMMIT}",
    "git+https://git.example/r": f"git+https://git.example/r@{COMMIT}",
    "": "",
    "/home/me/r": "",
    "../r": "",
    "./a:b": "",
    "file:///home/me/r": "",
    "C:\\Users\\me\\r": "",
    "C:/Users/me/r": "",
    "https://git.example/a b": "",
}


@pytest.mark.parametrize("remote", REMOTES)
def test_the_address_holds_nothing_private(remote: str) -> None:
    assert source_uri(remote, COMMIT) == REMOTES[remote]


TAGS = {
    "the version": (["1.0", "latest"], "1.0", "1.0"),
    "with a v": (["v1.0"], "1.0", "v1.0"),
    "without a v": (["1.0"], "v1.0", "1.0"),
    "the version itself first": (["1.0", "v1.0"], "v1.0", "v1.0"),
    "with the component": (["widget/v1.0", "other/v1.0"], "1.0", "widget/v1.0"),
    "with its folder": (["w==1.0", "other==1.0"], "1.0", "w==1.0"),
    "another version": (["v1.0.1", "v11.0"], "1.0", ""),
    "none": ([], "1.0", ""),
}


@pytest.mark.parametrize("name", TAGS)
def test_the_tag_of_a_version(name: str) -> None:
    tags, version, expected = TAGS[name]
    assert tag_of(tags, ["widget", "w"], version) == expected
