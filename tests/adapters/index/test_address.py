"""Which index the environment names, and with whose account it is asked."""

from __future__ import annotations

import pytest

from ops.supply_chain.adapters.index.address import accounts_for, environment_index, read_address
from ops.supply_chain.contracts.config.index import IndexConfig
from ops.supply_chain.core.errors import UsageError

CORP, OTHER, PUBLIC = "https://corp.example/simple", "https://other.example/simple/", "https://pypi.org/simple"
WITH_ACCOUNT = "https://user:secret@corp.example/simple"

ONE: dict[str, tuple[dict[str, str], str, tuple[str, str] | None]] = {
    "nothing": ({}, "", None),
    "empty": ({"UV_DEFAULT_INDEX": "", "PIP_EXTRA_INDEX_URL": " "}, "", None),
    "the public one": ({"PIP_INDEX_URL": PUBLIC, "UV_INDEX": f"pypi={PUBLIC}/"}, "", None),
    "uv's": ({"UV_DEFAULT_INDEX": WITH_ACCOUNT}, "", (f"{CORP}/", "UV_DEFAULT_INDEX")),
    "uv's, old name": ({"UV_INDEX_URL": CORP}, "", (f"{CORP}/", "UV_INDEX_URL")),
    "uv's, new name first": ({"UV_INDEX_URL": OTHER, "UV_DEFAULT_INDEX": CORP}, "", (f"{CORP}/", "UV_DEFAULT_INDEX")),
    "uv's, with a name": ({"UV_DEFAULT_INDEX": f"corp={CORP}"}, "", (f"{CORP}/", "UV_DEFAULT_INDEX")),
    "pip's": ({"PIP_INDEX_URL": WITH_ACCOUNT}, "", (f"{CORP}/", "PIP_INDEX_URL")),
    "both the same": ({"UV_DEFAULT_INDEX": CORP, "PIP_INDEX_URL": f"{CORP}/"}, "", (f"{CORP}/", "UV_DEFAULT_INDEX")),
    "a further one, the same": ({"PIP_INDEX_URL": CORP, "UV_INDEX": f"a={CORP}"}, "", (f"{CORP}/", "PIP_INDEX_URL")),
    "the configuration counts": ({"UV_DEFAULT_INDEX": CORP, "PIP_EXTRA_INDEX_URL": "x"}, OTHER, None),
}  # fmt: skip
"""Case -> variables, `[index].url`, and the index with its variable."""

SEVERAL = {
    "uv's and pip's": {"UV_DEFAULT_INDEX": WITH_ACCOUNT, "PIP_INDEX_URL": OTHER},
    "uv's and the public one": {"UV_DEFAULT_INDEX": CORP, "PIP_INDEX_URL": PUBLIC},
    "pip's further one": {"PIP_EXTRA_INDEX_URL": WITH_ACCOUNT},
    "uv's further one": {"UV_INDEX": f"corp={WITH_ACCOUNT}"},
    "uv's further one, old name": {"UV_EXTRA_INDEX_URL": f"{PUBLIC} {CORP}"},
    "the public one as a further one": {"PIP_INDEX_URL": CORP, "PIP_EXTRA_INDEX_URL": PUBLIC},
}


@pytest.mark.parametrize("case", ONE)
def test_the_index_that_the_environment_names(case: str) -> None:
    outer, configured, expected = ONE[case]
    assert environment_index(IndexConfig(url=configured), outer) == expected


@pytest.mark.parametrize("case", SEVERAL)
def test_several_indexes_are_refused_without_their_accounts(case: str) -> None:
    with pytest.raises(UsageError) as caught:
        environment_index(IndexConfig(), SEVERAL[case])
    assert "the environment names several package indexes" in caught.value.message
    assert caught.value.hint.startswith(
        "Set [index].url in .security-config.toml to the index of these pins, or unset "
    )
    assert "secret" not in caught.value.described()
    assert environment_index(IndexConfig(url=PUBLIC), SEVERAL[case]) is None


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "PIP_INDEX_URL", "UV_INDEX", "PIP_EXTRA_INDEX_URL"])
@pytest.mark.parametrize("text", ["./wheels", "file:///srv/simple", "corp"])
def test_what_is_no_address_is_refused_by_the_name_of_its_variable(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"^{name}: "):
        environment_index(IndexConfig(), {name: text})


def test_an_account_in_a_variable_is_sent_to_its_index_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    corp, other = read_address(CORP, where="x"), read_address(OTHER, where="x")
    monkeypatch.setenv("UV_DEFAULT_INDEX", WITH_ACCOUNT)
    monkeypatch.setenv("PIP_INDEX_URL", "no address")
    assert accounts_for(corp, other) == {corp.origin: ("user", "secret")}
    monkeypatch.setenv("SEALWRIGHT_INDEX_USERNAME", "general")
    assert accounts_for(corp, other) == {corp.origin: ("user", "secret"), other.origin: ("general", "")}
    assert accounts_for(read_address("https://corp.example/elsewhere", where="x")) == {corp.origin: ("general", "")}
