from __future__ import annotations

from ops.supply_chain.contracts.config.publishers import PublisherException
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.dependencies.publishers.exceptions import apply_exceptions


def finding(package: str, waived_by: str = "") -> Finding:
    return Finding(
        code="publisher.changed",
        severity=Severity.HIGH,
        message="m",
        next_step="n",
        package=package,
        waived_by=waived_by,
    )


def test_an_excepted_finding_stays_visible_with_its_reason() -> None:
    exceptions = (PublisherException(package="De_Mo", reason=" moved\nin May "),)
    assert [one.waived_by for one in apply_exceptions([finding("de-mo"), finding("other")], exceptions)] == [
        "publishers.exceptions: moved?in May",
        "",
    ]


def test_an_exception_hides_nothing_of_another_package() -> None:
    exceptions = (PublisherException(package="a", reason="r"),)
    found = apply_exceptions([finding("a"), finding("a-b"), finding("")], exceptions)
    assert [bool(one.waived_by) for one in found] == [True, False, False]


def test_what_is_waived_already_keeps_its_waiver() -> None:
    [one, *_] = apply_exceptions([finding("a", waived_by="w")], (PublisherException(package="a", reason="r"),))
    assert one.waived_by == "w"


def test_an_exception_without_a_reason_excepts_nothing() -> None:
    stands, told = apply_exceptions([finding("a")], (PublisherException(package="a", reason="  "),))
    assert stands.waived_by == ""
    assert (told.code, told.severity) == ("publisher.exception-malformed", Severity.HIGH)
    assert told.message == "publishers.exceptions[0] (a) has no reason, so it has no effect"
    assert told.path == ".security-config.toml"


def test_an_unused_exception_is_told() -> None:
    [told] = apply_exceptions([], (PublisherException(package="a", reason="r"),))
    assert (told.code, told.severity, told.message) == (
        "publisher.exception-unused",
        Severity.INFO,
        "publishers.exceptions[0] (a) matches no finding",
    )
