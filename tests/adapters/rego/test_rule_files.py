"""Policies on disk: which files count, what they must say of themselves, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ops.supply_chain.adapters.rego.metadata import RuleMetadata, metadata_of, package_of
from ops.supply_chain.adapters.rego.rule_files import Policy, load_policy
from ops.supply_chain.core.errors import InputError, UsageError

RULE = """\
# A comment that is none of the metadata.

# METADATA
# title: The title
# description: >-
#   Two lines: with a colon,
#   and more.
# custom:
#   fix: Do this.
#   unknown: allowed
package sealwright.own_ones.rule

import rego.v1

pass := true
"""


def put(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)


def load(*folders: Path, profiles: tuple[str, ...] = ("own-ones",)) -> Policy:
    return load_policy([(f"{number}:", folder) for number, folder in enumerate(folders)], profiles, {})


def test_a_rule_says_what_it_is() -> None:
    assert metadata_of(RULE, where="x.rego") == RuleMetadata(
        title="The title", description="Two lines: with a colon, and more.", fix="Do this.", may_be_unknown=True
    )
    assert package_of(RULE, where="x.rego") == "sealwright.own_ones.rule"


def effective(day: str) -> str:
    """Return the rule with a date from which it denies."""
    return RULE.replace("#   unknown: allowed", f"#   unknown: allowed\n#   effective_on: {day}")


def not_a_date(text: str) -> str:
    return f"x.rego: custom.effective_on is {text!r}, expected a date such as 2027-01-15 (RFC 3339, full-date)"


def test_a_rule_may_take_effect_on_a_day() -> None:
    assert metadata_of(RULE, where="x.rego").effective_on is None
    assert metadata_of(effective("2028-02-29"), where="x.rego").effective_on == date(2028, 2, 29)


BROKEN = {
    "no metadata": (RULE.replace("# METADATA", "# META"), "x.rego: no '# METADATA' comment above its package"),
    "no title": (RULE.replace("# title: The title\n", ""), "x.rego: the metadata has no title"),
    "an empty title": (RULE.replace("The title", ""), "x.rego: the metadata has no title"),
    "no description": (
        RULE.replace("# description: >-\n#   Two lines: with a colon,\n#   and more.\n", ""),
        "x.rego: the metadata has no description",
    ),
    "no fix": (RULE.replace("#   fix: Do this.\n", ""), "x.rego: the metadata has no custom.fix"),
    "a fix at the top": (
        RULE.replace("#   fix: Do this.", "# fix: Do this."),
        "x.rego:9: unknown metadata field 'fix'",
    ),
    "an unknown field": (RULE.replace("# title", "# author: me\n# title"), "x.rego:4: unknown metadata field 'author'"),
    "a field twice": (RULE.replace("# custom", "# title: Again\n# custom"), "x.rego:8: title is given twice"),
    "another unknown": (
        RULE.replace("unknown: allowed", "unknown: perhaps"),
        "x.rego: custom.unknown is 'perhaps', expected 'allowed' or nothing",
    ),
    "a quoted value": (
        RULE.replace("The title", '"The title"'),
        "x.rego:4: write the value of 'title' as a folded block ('title: >-', then indented lines)",
    ),
    "a colon in a plain value": (
        RULE.replace("The title", "The title: more"),
        "x.rego:4: write the value of 'title' as a folded block ('title: >-', then indented lines)",
    ),
    "an effective date with a time": (effective("2027-01-15T00:00:00Z"), not_a_date("2027-01-15T00:00:00Z")),
    "an effective date that is none": (effective("2027-02-30"), not_a_date("2027-02-30")),
    "an effective date in another order": (effective("15-01-2027"), not_a_date("15-01-2027")),
    "an effective date of week and day": (effective("2027-W02-5"), not_a_date("2027-W02-5")),
    "an effective date without hyphens": (effective("20270115"), not_a_date("20270115")),
    "an effective date in other digits": (effective("２０２７-01-15"), not_a_date("２０２７-01-15")),
    "an empty effective date": (effective(""), not_a_date("")),
    "two effective dates": (
        effective("2027-01-15\n#   effective_on: 2028-01-15"),
        "x.rego:12: custom.effective_on is given twice",
    ),
    "no YAML": (
        RULE.replace("# title: The title", "# title"),
        "x.rego:4: expected 'key: value' in the metadata, found 'title'",
    ),
    "deeper than two": (
        RULE.replace("#   fix", "#     fix"),
        "x.rego:9: expected 'key: value' in the metadata, found '    fix: Do this.'",
    ),
    "something between": (
        RULE.replace("package", "\npackage"),
        "x.rego:11: expected the package right below its metadata, found ''",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_metadata_that_is_not_of_the_form_is_refused(name: str) -> None:
    source, message = BROKEN[name]
    with pytest.raises(InputError) as caught:
        metadata_of(source, where="x.rego")
    assert caught.value.message == message


@pytest.mark.parametrize("line", ["", "package Upper.case", 'package a["b"]', "  package a"])
def test_a_package_has_one_form(line: str) -> None:
    with pytest.raises(InputError) as caught:
        package_of(f"{line}\n", where="x.rego")
    assert caught.value.message == "x.rego: the first statement is not 'package <words joined by dots>' in lower case"


def test_rules_libraries_and_data_are_found_and_tests_are_not(tmp_path: Path) -> None:
    put(tmp_path, "own-ones/rule/rule.rego", RULE)
    put(tmp_path, "own-ones/rule/rule_test.rego", "broken")
    put(tmp_path, "other/rule.rego", "broken, and not asked for")
    put(tmp_path, "lib/lib.rego", "package sealwright.lib\n")
    put(tmp_path, "lib/lib_test.rego", "broken")
    put(tmp_path, "data/a.json", '{"a": {"x": 1}}')
    policy = load(tmp_path)
    assert [rule.code for rule in policy.rules] == ["own-ones.rule"]
    assert [module.path for module in policy.libraries] == ["0:lib/lib.rego"]
    assert policy.data == {"a": {"x": 1}}
    assert [file.path for file in policy.files] == ["0:data/a.json", "0:lib/lib.rego", "0:own-ones/rule/rule.rego"]


def test_a_project_adds_rules_and_replaces_tables(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    put(ours, "own-ones/rule.rego", RULE)
    put(ours, "data/a.json", '{"a": {"x": 1, "y": 2}, "b": 1}')
    put(theirs, "own-ones/deep/er/more.rego", RULE.replace(".rule", ".more"))
    put(theirs, "data/b.json", '{"a": {"x": 5}}')
    policy = load(ours, theirs)
    assert [rule.code for rule in policy.rules] == ["own-ones.more", "own-ones.rule"]
    assert policy.data == {"a": {"x": 5}, "b": 1}
    assert policy.replaced == ("1:data/b.json replaces 'a' of 0:data/a.json",)
    assert load(ours).replaced == ()


def test_settings_replace_single_keys_and_count_into_the_files(tmp_path: Path) -> None:
    put(tmp_path, "data/a.json", '{"licences": {"allow": ["*"], "deny": []}}')
    given = load_policy([("0:", tmp_path)], [], {"licences": {"allow": []}})
    assert given.data == {"licences": {"allow": [], "deny": []}}
    assert [file.path for file in given.files] == ["0:data/a.json", "config:policy"]


REFUSED = {
    "a package of another place": (
        "own-ones/other.rego",
        RULE,
        "0:own-ones/other.rego: package is sealwright.own_ones.rule, expected sealwright.own_ones.other for its place",
    ),
    "a library elsewhere": (
        "lib/x.rego",
        "package sealwright.own_ones.rule\n",
        "0:lib/x.rego: package is sealwright.own_ones.rule, expected sealwright.lib or one below it",
    ),
    "data that are a list": ("data/x.json", "[]", "0:data/x.json: expected an object, found list"),
    "data twice": ("data/x.json", '{"a": 1, "a": 2}', "0:data/x.json: not valid JSON: duplicate key 'a'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(name: str, tmp_path: Path) -> None:
    path, text, message = REFUSED[name]
    put(tmp_path, "own-ones/rule.rego", RULE)
    put(tmp_path, path, text)
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    assert caught.value.message == message


def test_two_files_of_one_package_are_refused(tmp_path: Path) -> None:
    put(tmp_path / "a", "own-ones/rule.rego", RULE)
    put(tmp_path / "b", "own-ones/rule.rego", RULE)
    with pytest.raises(InputError) as caught:
        load(tmp_path / "a", tmp_path / "b")
    assert caught.value.message == (
        "1:own-ones/rule.rego: package sealwright.own_ones.rule is that of 0:own-ones/rule.rego already"
    )


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own-ones").mkdir()
    (tmp_path / "own-ones" / "rule.rego").write_bytes(b"package \xff")
    with pytest.raises(InputError, match=r"^0:own-ones/rule\.rego: is not UTF-8"):
        load(tmp_path)


def test_an_unknown_profile_is_a_slip_and_an_empty_one_is_told(tmp_path: Path) -> None:
    put(tmp_path, "own-ones/rule.rego", RULE)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError) as caught:
        load(tmp_path, profiles=("own-one",))
    assert caught.value.message == "no policy profile is called 'own-one'; there are empty, own-ones"
    assert caught.value.hint == "The nearest is 'own-ones'."
    assert load(tmp_path, profiles=("own-ones", "empty")).empty == ("empty",)


def test_an_empty_folder_has_only_empty_profiles(tmp_path: Path) -> None:
    assert load(tmp_path, profiles=("base", "release")).empty == ("base", "release")
    with pytest.raises(UsageError, match="no such policy folder"):
        load(tmp_path / "nowhere")


def test_a_profile_has_a_library_and_data_of_its_own_that_others_do_not_see(tmp_path: Path) -> None:
    put(tmp_path, "own-ones/rule/rule.rego", RULE)
    put(tmp_path, "own-ones/lib/more.rego", "package sealwright.own_ones.lib\n")
    put(tmp_path, "own-ones/data/more.json", '{"more": {"a": 1}}')
    put(tmp_path, "other/rule/rule.rego", RULE.replace("own_ones", "other"))
    put(tmp_path, "lib/lib.rego", "package sealwright.lib\n")
    own, other = load(tmp_path), load(tmp_path, profiles=("other",))
    assert [module.package for module in own.libraries] == ["sealwright.lib", "sealwright.own_ones.lib"]
    assert own.data == {"more": {"a": 1}}
    assert [rule.code for rule in own.rules] == ["own-ones.rule"]
    assert ([module.package for module in other.libraries], other.data) == (["sealwright.lib"], {})
    assert [file.path for file in other.files] == ["0:lib/lib.rego", "0:other/rule/rule.rego"]


def test_a_profiles_library_has_the_package_of_its_place(tmp_path: Path) -> None:
    put(tmp_path, "own-ones/rule/rule.rego", RULE)
    put(tmp_path, "own-ones/lib/more.rego", "package sealwright.lib.more\n")
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    assert caught.value.message == (
        "0:own-ones/lib/more.rego: package is sealwright.lib.more, expected sealwright.own_ones.lib or one below it"
    )


def test_the_profile_of_claims_is_not_offered_and_is_there_when_asked_for(tmp_path: Path) -> None:
    put(tmp_path, "own-ones/rule/rule.rego", RULE)
    put(tmp_path, "claims/rule/rule.rego", RULE.replace("own_ones", "claims"))
    with pytest.raises(UsageError) as caught:
        load(tmp_path, profiles=("claim",))
    assert caught.value.message == "no policy profile is called 'claim'; there are own-ones"
    assert [rule.code for rule in load(tmp_path, profiles=("claims",)).rules] == ["claims.rule"]


def test_a_claim_says_more_of_itself() -> None:
    more = "#   otherwise: >-\n#     Nothing is\n#     shown.\n#   evidence: gate provenance\n"
    text = RULE.replace("#   unknown: allowed\n", f"{more}#   unknown: allowed\n")
    assert metadata_of(text, where="x.rego").more == {"evidence": "gate provenance", "otherwise": "Nothing is shown."}
