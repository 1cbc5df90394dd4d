from __future__ import annotations

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.dependencies.index_hashes.artifacts import Bytes, Fetch
from ops.supply_chain.dependencies.index_hashes.compare import Comparison
from ops.supply_chain.dependencies.index_hashes.facts import Fact
from ops.supply_chain.dependencies.index_hashes.verdicts import WITH_BYTES, Fetched, Gap, settle
from tests.dependencies.index_hashes.builders import sha, sha512, subject

YANKED = Fact("hash.yanked", Severity.MEDIUM, "it is yanked", "Move on.")
GAP = Gap("the index did not answer", "Wait.")


def fetch(*allowed: str) -> Fetch:
    return Fetch(subject(sha("a")), "demo.whl", "https://files.example/demo.whl", allowed, ("sha256",))


def told(facts: tuple[Fact, ...]) -> list[tuple[str, str, str]]:
    return [(fact.code, fact.message, fact.next_step) for fact in facts]


def test_compared_in_full_is_examined() -> None:
    assert settle(subject(sha("a")), Comparison((), (sha("a"),)), None) == ((), True, 1)


def test_no_page_is_not_examined() -> None:
    verdict = settle(subject(sha("a")), GAP, [])
    assert told(verdict.facts) == [("hash.not-examined", "demo 1.0: not looked at: the index did not answer", "Wait.")]
    assert verdict.examined is False


def test_an_unannounced_hash_is_not_examined_without_a_download() -> None:
    verdict = settle(subject(sha512("a"), sha("b")), Comparison((), (sha("b"),), (sha512("a"),)), None)
    assert verdict.examined is False
    assert told(verdict.facts) == [
        (
            "hash.not-examined",
            "demo 1.0: not looked at: the index does not announce sha512 for all its files, which 1 of its hashes are",
            WITH_BYTES,
        )
    ]


def test_an_unannounced_hash_is_found_by_its_bytes() -> None:
    compared = Comparison((), (), (sha512("a"),))
    assert settle(subject(sha512("a")), compared, [(fetch(), Bytes((sha512("a"),), 3))]) == ((), True, 0)


def test_an_unannounced_hash_that_no_bytes_have_is_missing() -> None:
    verdict = settle(subject(sha512("a")), Comparison((), (), (sha512("a"),)), [(fetch(), Bytes((sha512("b"),), 3))])
    assert [fact.code for fact in verdict.facts] == ["hash.missing"]
    assert verdict.examined is True


def test_where_one_of_the_files_was_not_had_nothing_is_called_missing() -> None:
    fetched: Fetched = [(fetch(), Bytes((sha512("b"),), 3)), (fetch(), GAP)]
    verdict = settle(subject(sha512("a")), Comparison((), (), (sha512("a"),)), fetched)
    assert [fact.code for fact in verdict.facts] == ["hash.not-examined"]
    assert verdict.examined is False


def test_an_address_needs_a_download() -> None:
    wanted = subject(sha("a"), url="https://files.example/demo.whl")
    verdict = settle(wanted, Comparison(), None)
    assert told(verdict.facts) == [
        ("hash.not-examined", "demo 1.0: not looked at: it comes from an address and not from an index", WITH_BYTES)
    ]
    assert settle(wanted, Comparison(), [(fetch(sha("a")), Bytes((sha("a"),), 3))]) == ((), True, 0)


def test_other_bytes_and_what_the_page_says_are_both_told() -> None:
    page = Comparison((YANKED,), (sha("a"),))
    verdict = settle(subject(sha("a")), page, [(fetch(sha("a")), Bytes((sha("b"),), 3))])
    assert [fact.code for fact in verdict.facts] == ["hash.yanked", "hash.bytes-differ"]
    assert verdict.examined is True
