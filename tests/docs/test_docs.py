"""What the documentation tells people to type exists; what it links to is there; its examples work."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from ops.supply_chain import evaluate_policy
from ops.supply_chain.contracts.config.file import Config, parse_config
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.risk.waivers.parse import parse_waivers
from ops.supply_chain.trust.identities.check import checked
from tests.docs.commands import (
    blocks,
    commands,
    options_of,
    options_of_zipapp,
    pages,
    sessions,
)
from tests.generated import pages as generated_pages
from tests.policy.support import CYCLONEDX

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
OWN_PATH = re.compile(r"`(?P<path>(?:ops|policy|docs|tests|templates)/[\w./-]*)`")
COSIGN = {
    "verify-blob": {"--bundle", "--certificate-identity", "--certificate-oidc-issuer", "--trusted-root"},
    "verify-blob-attestation": {"--bundle", "--type", "--certificate-identity", "--certificate-oidc-issuer"},
}
"""Options that the documentation may use: those of https://github.com/sigstore/cosign (3.1), `cosign verify-blob --help`."""

ELSEWHERE = {"adopt": ("adopt_project", "check_vulnerabilities")}
"""Sessions with a runner of their own: the stage whose options it takes, and one that it hands on to."""

OTHERS = {"bench": {"--write"}}
"""Options of the developers' sessions, which are no stages; `test_bench_writes` holds them to the code."""


def test_there_is_something_to_look_at(repository: Path) -> None:
    found = list(commands(repository))
    assert {"session", "script", "zipapp"} == {one.kind for one in found}
    assert len(found) > 50
    assert {"docs/quick-start.md", "README.md", "policy/README.md", "docs/incident-playbook.md"} <= {
        one.page for one in found
    } | set(pages(repository))


def test_every_session_that_is_named_exists(repository: Path) -> None:
    known = sessions(repository)
    unknown = [
        f"{one.page}: {one.text}"
        for one in commands(repository)
        if one.kind == "session" and one.name not in known | {"STAGE": ()}
    ]
    assert unknown == []


def test_every_script_that_is_named_exists(repository: Path) -> None:
    known = sessions(repository)
    unknown = [
        f"{one.page}: {one.text}" for one in commands(repository) if one.kind == "script" and one.name not in known
    ]
    assert unknown == []


def test_every_option_that_is_named_exists(repository: Path) -> None:
    known, cache = sessions(repository), {"": options_of_zipapp()}
    unknown = []
    for one in commands(repository):
        stages = ELSEWHERE.get(one.name, known.get(one.name, ())) if one.kind != "zipapp" else ("",)
        for stage in stages:
            if stage not in cache:
                cache[stage] = options_of(stage)
        options = {option for stage in stages for option in cache[stage]} | OTHERS.get(one.name, set())
        given = [word.partition("=")[0] for word in one.words if re.fullmatch(r"--[a-z][a-z-]*(?:=.*)?", word)]
        unknown += [f"{one.page}: {word} in {one.text}" for word in given if word not in options]
    assert unknown == []


def test_bench_writes(repository: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (repository / "tests" / "benchmarks").glob("*.py")]
    assert any('"--write"' in text for text in texts)


def test_cosign_is_told_only_what_it_knows(repository: Path) -> None:
    seen = set()
    for page, text in pages(repository).items():
        for line in (
            line for body in blocks(text, "console") for line in body.splitlines() if line.startswith("cosign")
        ):
            _, verb, *words = line.split()
            seen.add(verb)
            assert {word for word in words if word.startswith("--")} <= COSIGN[verb], f"{page}: {line}"
    assert seen == set(COSIGN)


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")


def test_every_link_leads_somewhere(repository: Path) -> None:
    made = {path.as_posix() for path in generated_pages()}
    folders = {path.rpartition("/")[0] for path in made}
    broken = []
    for page, text in pages(repository).items():
        for target in (found["target"] for found in _LINK.finditer(text)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            whole = (repository / page).parent / path if path else repository / page
            inside = whole.resolve().relative_to(repository).as_posix()
            if not whole.exists() and inside not in made | folders:
                broken.append(f"{page}: {target}")
            elif anchor and whole.is_file():
                headings = {slug(found["text"]) for found in _HEADING.finditer(whole.read_text(encoding="utf-8"))}
                broken += [f"{page}: {target}"] if anchor not in headings else []
    assert broken == []


def test_every_path_of_ours_that_is_named_exists(repository: Path) -> None:
    made = {path.as_posix() for path in generated_pages()}
    missing = [
        f"{page}: {found['path']}"
        for page, text in pages(repository).items()
        # A worked example names files of the reader's own project; `test_contributors` checks the checklists.
        for found in OWN_PATH.finditer(text)
        if page not in {"docs/policies.md", "CONTRIBUTING.md"}
        and not (repository / found["path"]).exists()
        and found["path"] not in made
    ]
    assert missing == []


def test_every_toml_example_is_a_configuration(repository: Path) -> None:
    examples = [body for text in pages(repository).values() for body in blocks(text, "toml")]
    assert len(examples) >= 4
    for body in examples:
        tomllib.loads(body)
        config = parse_config(body.replace("OWNER/REPO", "acme/widget"))  # the placeholder is refused on purpose
        checked(config.signing.identities)
        assert parse_waivers(config)[1] == ()


def test_every_key_of_the_configuration_that_is_named_exists(repository: Path) -> None:
    keys = {
        f"[{field.name}].{key.name}"
        for field in msgspec.structs.fields(Config)
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)
        for key in msgspec.structs.fields(field.type)
    }
    named = {
        (page, key) for page, text in pages(repository).items() for key in re.findall(r"\[[a-z_]+\]\.[a-z_]+", text)
    }
    assert len(named) > 5
    assert [(page, key) for page, key in sorted(named) if key not in keys] == []


def test_every_page_is_in_the_index(repository: Path) -> None:
    index = (repository / "docs" / "index.md").read_text(encoding="utf-8")
    named = {found["target"].partition("#")[0] for found in _LINK.finditer(index)}
    docs = repository / "docs"
    there = [path.relative_to(docs).as_posix() for path in (*docs.glob("*.md"), *docs.glob("guides/*.md"))]
    missing = [name for name in there if name not in named | {"index.md"}]
    assert missing == []


@pytest.fixture
def example(tmp_path: Path, repository: Path) -> Path:
    """The worked example of docs/policies.md, put where the page says."""
    text = (repository / "docs" / "policies.md").read_text(encoding="utf-8")
    [layout], [rule], [table], [config] = (blocks(text, kind) for kind in ("text", "rego", "json", "toml"))
    for path, body in zip(layout.split(), (rule, table), strict=True):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(body)
    (tmp_path / ".security-config.toml").write_text(f'component_name = "acme"\n{config}')
    (tmp_path / "sbom.json").write_bytes(CYCLONEDX)
    return tmp_path


def judge(folder: Path) -> int:
    words = [str(folder / "sbom.json"), "--profile", "ours", "--project", str(folder), "--dist", str(folder / "dist")]
    return evaluate_policy.main([*words, "--version", "1"])


def test_the_worked_example_of_a_policy_works(example: Path, capfd: pytest.CaptureFixture[str]) -> None:
    table = example / "policy" / "data" / "banned.json"
    assert judge(example) == ExitCode.PASS
    name = json.loads(CYCLONEDX)["components"][0]["name"]
    table.write_text(json.dumps({"banned": {"names": [name]}}))
    capfd.readouterr()
    assert judge(example) == ExitCode.DENIED
    assert "is on our list of banned packages" in capfd.readouterr().out
    table.unlink()
    assert judge(example) == ExitCode.DENIED
    assert "ours.banned: the rule did not decide: it yields neither 'pass' nor 'deny'" in capfd.readouterr().out
