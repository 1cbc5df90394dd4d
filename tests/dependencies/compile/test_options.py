from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ops.supply_chain.contracts.values.compile_request import Bypass, LockHeader
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.dependencies.compile.options import CompileOptions, parse_options, refuse_unknown
from ops.supply_chain.dependencies.compile.plan import LockJob

NOW = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)


def options(
    *, upgrade_packages: tuple[str, ...] = (), bypasses: tuple[str, ...] = (), reason: str = ""
) -> CompileOptions:
    return parse_options(
        now=NOW, cool_down_days=7, upgrade=False, upgrade_packages=upgrade_packages, bypasses=bypasses, reason=reason
    )


def test_names_are_compared_in_one_spelling_and_sorted() -> None:
    found = options(upgrade_packages=("Zope.Interface==5.0", "attrs"))
    assert found.upgrade_packages == ("attrs", "zope-interface==5.0")
    assert found.allowed == "2026-11-13T09:00:00Z"


def test_a_bypass_has_its_reason_on_one_line_and_without_credentials() -> None:
    found = options(bypasses=("Idna==3.20",), reason=" see https://u:pw@example.org/1\nand \x1b[31mmore ")
    assert found.bypasses == (
        Bypass(
            name="idna",
            version="3.20",
            exclude_newer="2026-11-20T09:00:00Z",
            reason="see https://example.org/1 and ?[31mmore",
        ),
    )


REFUSED = {
    "no reason": ({"bypasses": ("idna",)}, "--bypass-cool-down needs --reason"),
    "white reason": ({"bypasses": ("idna",), "reason": " \t"}, "--bypass-cool-down needs --reason"),
    "reason alone": ({"reason": "x"}, "--reason needs --bypass-cool-down"),
    "a range": (
        {"bypasses": ("idna>=3",), "reason": "x"},
        "--bypass-cool-down: expected NAME or NAME==VERSION, found 'idna>=3'",
    ),
    "an option": (
        {"upgrade_packages": ("--index-url",)},
        "--upgrade-package: expected NAME or NAME==VERSION, found '--index-url'",
    ),
}


@pytest.mark.parametrize(("given", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(given: dict[str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        options(**given)  # type: ignore[arg-type]  # the table's values have the types of their keys
    assert caught.value.message == message


def test_a_name_that_no_lock_has_is_refused() -> None:
    job = LockJob(
        folder="", source="r.in", lock="r.txt", command="", inputs=(), names=("a",), old="b==1\n", header=LockHeader()
    )
    refuse_unknown(options(upgrade_packages=("a", "b")), [job])
    with pytest.raises(UsageError) as caught:
        refuse_unknown(options(upgrade_packages=("a", "typo"), bypasses=("other",), reason="x"), [job])
    assert caught.value.message == "no lock contains other, typo"
