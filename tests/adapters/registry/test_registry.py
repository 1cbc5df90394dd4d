"""The registry: what goes in comes out, once, whole, in both databases alike."""

from __future__ import annotations

import random
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from ops.supply_chain.adapters.registry import engine
from ops.supply_chain.adapters.registry.address import RegistryAddress, registry_address
from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.adapters.registry.revision import LATEST
from ops.supply_chain.adapters.registry.writer import RegistryWriter
from ops.supply_chain.contracts.values.registry import (
    DocumentKind,
    IntakeDecision,
    IntakeReason,
    PackageName,
    RegisteredComponent,
    RegistryCounts,
    RegistryEntry,
    VersionSpan,
)
from ops.supply_chain.core.errors import InputError, OutputError, UnavailableError, UsageError
from ops.supply_chain.formats.version_orders.orders import sort_key
from tests.adapters.registry.entries import NAMES, digest_of, drawn_entry, entry


def test_what_is_stored_is_found(address: RegistryAddress) -> None:
    with RegistryWriter(address) as writer:
        assert writer.ingest([entry()]) == (True,)
    with RegistryReader(address) as reader:
        assert reader.documents() == (entry().document,)
        assert reader.document(digest_of("one")) == entry().document
        assert reader.document(digest_of("other")) is None
        assert reader.counts() == RegistryCounts(1, 3, 4, 4, 2)
        found = reader.find(NAMES[0])
        assert [(hit.component.version, hit.component.place, hit.ordered) for hit in found] == [
            ("2.6.2", 0, True),
            ("not a version", 2, False),
        ]
        (by_source,) = reader.find_by_source("openssl")
        assert by_source.component == entry().components[3]
        (by_digest,) = reader.find_by_digest(digest_of("archive"))
        assert by_digest.component == entry().components[3]
        assert reader.find_by_digest("ff" * 32) == ()
        assert reader.packages("urllib3") == (NAMES[0],)
        assert reader.packages("urllib3", "npm") == ()


def test_components_and_types_of_some_documents(address: RegistryAddress) -> None:
    one, two = entry(), entry("two")
    with RegistryWriter(address) as writer:
        writer.ingest([one, two, entry("three")])
    chosen = [one.document.digest, two.document.digest]
    with RegistryReader(address) as reader:
        listed = reader.listed_versions(chosen)
        assert {digest for _, digest in listed} == {min(chosen)}
        expected = {component._replace(place=0, qualifiers="") for component in one.components}
        assert [component for component, _ in listed] == sorted(
            expected, key=lambda found: (found.package, found.version)
        )
        types = {component.package.type for component in one.components}
        assert reader.listed_types(chosen) == tuple(sorted((digest, kind) for digest in chosen for kind in types))
        assert reader.listed_versions([]) == ()
        assert reader.listed_types([]) == ()


def test_a_statement_is_found_by_every_name_in_any_case(address: RegistryAddress) -> None:
    with RegistryWriter(address) as writer:
        writer.ingest([entry()])
    with RegistryReader(address) as reader:
        for names in (["CVE-2026-1"], ["ghsa-AAAA-bbbb-cccc"], ["cve-2026-1", "GHSA-aaaa-bbbb-cccc"]):
            ((document, statement),) = reader.statements(names)
            assert (document, statement) == (entry().document, entry().statements[0])
        assert reader.statements(["CVE-2026-2"])[0][1].package is None
        assert reader.statements([]) == reader.statements(["CVE-2026-11"]) == ()


def test_the_same_bytes_are_stored_once(address: RegistryAddress) -> None:
    with RegistryWriter(address) as writer:
        assert writer.ingest([entry(), entry("two"), entry()]) == (True, True, False)
        assert writer.ingest([entry()]) == (False,)
    with RegistryReader(address) as reader:
        assert len(reader.documents()) == 2


def test_a_newer_accepted_document_supersedes_and_history_stays(address: RegistryAddress) -> None:
    old = entry("old", stated="2026-01-01T00:00:00Z")
    new = entry("new", stated="2026-02-01T00:00:00Z")
    refused = entry("refused", stated="2026-03-01T00:00:00Z", decision=IntakeDecision.REFUSED)
    other = entry("other", product_version="2.0")
    with RegistryWriter(address) as writer:
        for item in (new, refused, old, other):
            writer.ingest([item])
    with RegistryReader(address) as reader:
        current = {document.name: document.current for document in reader.documents()}
    assert current == {"old.json": False, "new.json": True, "refused.json": False, "other.json": True}


def test_a_changed_decision_changes_what_is_current(address: RegistryAddress) -> None:
    old, new = entry("old", stated="2026-01-01T00:00:00Z"), entry("new", stated="2026-02-01T00:00:00Z")
    reasons = (IntakeReason("supplier.unsigned", "Sign it."), IntakeReason("supplier.late", "Send it earlier."))
    changed = [
        entry(
            name, stated="2026-02-01T00:00:00Z", decision=IntakeDecision.REFUSED, reasons=reasons, signer="a"
        ).document
        for name in ("new", "unknown")
    ]
    with RegistryWriter(address) as writer:
        writer.ingest([old, new])
        assert writer.decide(changed) == (True, False)
    with RegistryReader(address) as reader:
        found = {document.name: document for document in reader.documents()}
    assert found["new.json"].decision is IntakeDecision.REFUSED
    assert found["new.json"].reasons == reasons
    assert found["new.json"].signer == "a"
    assert (found["old.json"].current, found["new.json"].current) == (True, False)


def test_a_document_that_is_another_suppliers_leaves_the_documents_of_the_first(address: RegistryAddress) -> None:
    old, new = entry("old", stated="2026-01-01T00:00:00Z"), entry("new", stated="2026-02-01T00:00:00Z")
    with RegistryWriter(address) as writer:
        writer.ingest([old, new])
        moved = entry("new", stated="2026-02-01T00:00:00Z", supplier="Other").document
        assert writer.decide([moved]) == (True,)
    with RegistryReader(address) as reader:
        assert {item.supplier: item.current for item in reader.documents()} == {"Acme": True, "Other": True}


def test_cleared_and_built_again_it_is_the_same(address: RegistryAddress) -> None:
    with RegistryWriter(address) as writer:
        writer.ingest([entry(), entry("two", product="x")])
        with RegistryReader(address) as reader:
            before = (reader.documents(), reader.counts(), reader.find(NAMES[0]))
        writer.clear()
        with RegistryReader(address) as reader:
            assert reader.counts() == RegistryCounts(0, 0, 0, 0, 0)
        writer.ingest([entry("two", product="x"), entry()])
    with RegistryReader(address) as reader:
        assert (reader.documents(), reader.counts(), reader.find(NAMES[0])) == before


def test_a_range_of_versions_is_a_range_of_keys(address: RegistryAddress) -> None:
    versions = ["1.0", "1.10", "1.9", "2.0rc1", "2.0", "unordered"]
    components = tuple(RegisteredComponent(place, NAMES[0], text) for place, text in enumerate(versions))
    with RegistryWriter(address) as writer:
        writer.ingest([RegistryEntry(document=entry().document, components=components)])
    key = {text: sort_key("PyPI", text) or "" for text in versions}
    with RegistryReader(address) as reader:
        found = reader.find(NAMES[0], [VersionSpan(key["1.9"], key["2.0rc1"])])
        below = reader.find(NAMES[0], [VersionSpan("", key["1.0"]), VersionSpan(key["2.0"], "")])
    assert [hit.component.version for hit in found] == ["1.9", "1.10", "2.0rc1", "unordered"]
    assert [hit.component.version for hit in below] == ["1.0", "2.0", "unordered"]


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfff"])
@pytest.mark.parametrize("field", ["name", "product", "component", "statement", "reason"])
def test_text_that_a_database_refuses_is_refused_before_it(
    file_address: RegistryAddress, field: str, text: str
) -> None:
    bad = entry()
    if field in ("name", "product"):
        bad = entry(**{field: text})
    elif field == "reason":
        bad = entry(reasons=(IntakeReason("x", text),))
    elif field == "component":
        bad = RegistryEntry(
            document=bad.document, components=(RegisteredComponent(0, PackageName("pypi", "", text), "1"),)
        )
    else:
        bad = RegistryEntry(document=bad.document, statements=(bad.statements[0]._replace(detail=text),))
    with RegistryWriter(file_address) as writer:
        with pytest.raises(InputError, match="surrogate"):
            writer.ingest([entry("fine"), bad])
        assert writer.ingest([entry("fine")]) == (True,)


def test_what_fails_in_the_middle_leaves_nothing(address: RegistryAddress) -> None:
    broken = entry().statements[0]._replace(place=None)  # type: ignore[arg-type]
    bad = RegistryEntry(document=entry("bad").document, statements=(broken,))
    with RegistryWriter(address) as writer:
        with pytest.raises(UnavailableError, match=r"(?i)not.null"):
            writer.ingest([entry("fine"), bad])
        with RegistryReader(address) as reader:
            assert reader.counts() == RegistryCounts(0, 0, 0, 0, 0)
        assert writer.ingest([entry("fine")]) == (True,)
    with RegistryReader(address) as reader:
        assert reader.counts().components == 4


def test_four_writers_lose_nothing(address: RegistryAddress) -> None:
    shared = [entry(f"shared-{place}", product=f"p{place % 3}") for place in range(6)]
    errors: list[BaseException] = []
    stored: list[bool] = []

    def write(number: int) -> None:
        try:
            chance = random.Random(number)  # noqa: S311 - seeded
            own = [drawn_entry(chance, f"{number}-{place}") for place in range(6)]
            items = [*own, *shared]
            chance.shuffle(items)
            with RegistryWriter(address) as writer:
                for item in items:
                    stored.extend(writer.ingest([item]))
        except BaseException as error:
            errors.append(error)

    with RegistryWriter(address):
        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not errors
    assert sum(stored) == 4 * 6 + 6
    with RegistryReader(address) as reader:
        documents = reader.documents()
    assert len(documents) == 4 * 6 + 6
    accepted = [item for item in documents if item.decision is IntakeDecision.ACCEPTED]
    products = {(item.supplier, item.product, item.product_version) for item in accepted}
    assert sum(item.current for item in documents) == len(products)


def test_both_databases_give_the_same_answers(file_address: RegistryAddress, server_address: RegistryAddress) -> None:
    for number in range(3):
        chance = random.Random(number)  # noqa: S311 - seeded
        entries = [drawn_entry(chance, f"{number}-{place}") for place in range(12)]
        answers = []
        for address in (file_address, server_address):
            with RegistryWriter(address) as writer:
                writer.ingest(entries)
            with RegistryReader(address) as reader:
                key = sort_key("PyPI", "1.5") or ""
                answers.append(
                    (
                        reader.documents(),
                        reader.counts(),
                        [reader.find(package) for package in NAMES],
                        [reader.find(package, [VersionSpan("", key)]) for package in NAMES],
                        [reader.find(package, [VersionSpan(key, "")]) for package in NAMES],
                        reader.find_by_source("openssl"),
                        reader.statements(["CVE-2026-1", "CVE-2026-2"]),
                    )
                )
        assert answers[0] == answers[1]
        assert any(answers[0][2])


def test_tenants_never_see_each_other(tmp_path: Path, server_url: str) -> None:
    for url in ("", server_url):
        first, second = (registry_address(tmp_path, url=url, tenant=name) for name in ("first", "second"))
        with RegistryWriter(first) as writer, RegistryWriter(second) as other:
            writer.ingest([entry()])
            with RegistryReader(second) as reader:
                assert not any((reader.documents(), reader.find(NAMES[0]), reader.statements(["CVE-2026-1"])))
            other.ingest([entry("two")])
            other.clear()
        with RegistryReader(first) as reader:
            assert [document.digest for document in reader.documents()] == [digest_of("one")]


def test_the_migrations_make_the_tables_of_the_schema(address: RegistryAddress) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from ops.supply_chain.adapters.registry.schema import METADATA

    database = engine.Database(address)
    with database.begin() as connection:
        if database.schema:
            connection.exec_driver_sql(f'SET LOCAL search_path TO "{database.schema}"')
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    database.close()


def test_the_newest_migration_is_the_one_that_is_asked_for() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    settings = Config()
    settings.set_main_option("script_location", str(Path(engine.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(settings).get_current_head() == LATEST


def test_a_registry_of_an_earlier_version_opens_and_is_filled_by_registering_again(address: RegistryAddress) -> None:
    with RegistryWriter(address) as writer:
        writer.ingest([entry()])
    database = engine.Database(address)
    added = [
        ("documents", "revision"),
        ("documents", "identifiers"),
        ("components", "qualifiers"),
        ("statements", "binding"),
    ]
    with database.begin() as connection:  # as the first version left it
        for table, column in added:
            connection.exec_driver_sql(f"ALTER TABLE {database.prefix}{table} DROP COLUMN {column}")
        for table in ("fleet_projects", "fleet_results", "fleet_runs", "ledger_lines"):
            connection.exec_driver_sql(f"DROP TABLE {database.prefix}{table}")
        connection.exec_driver_sql(f"UPDATE {database.prefix}alembic_version SET version_num = '0001'")
    database.close()
    with RegistryReader(address) as reader:
        (document,) = reader.documents()
        assert document == replace(entry().document, revision="", identifiers=())
        assert {hit.component.qualifiers for hit in reader.find(NAMES[0])} == {None}
        assert [statement.binding for _, statement in reader.statements(["CVE-2026-1"])] == [None]
        assert reader.documents_with("urn:cdx:one/1") == ()
    with RegistryWriter(address) as writer:
        writer.clear()
        writer.ingest([entry()])
    with RegistryReader(address) as reader:
        assert reader.documents() == (entry().document,)
        assert {hit.component.qualifiers for hit in reader.find(NAMES[0])} == {"", "\nextension=whl"}
        assert reader.statements(["CVE-2026-1"])[0][1] == entry().statements[0]


def test_documents_are_found_by_what_identifies_their_product(address: RegistryAddress) -> None:
    with RegistryWriter(address) as writer:
        writer.ingest([entry(), entry("two"), entry("none", identifiers=())])
    with RegistryReader(address) as reader:
        assert [document.name for document in reader.documents_with("urn:cdx:two/1")] == ["two.json"]
        assert len(reader.documents_with(entry().document.identifiers[1])) == 2
        for absent in ("urn:cdx:two/11", "urn:cdx:TWO/1", "cpe:2.3:a:acme:a-thing\\:1%:1.0", "%", ""):
            assert reader.documents_with(absent) == ()


def test_editions_of_vex_of_one_time_are_current_whichever_came_last(address: RegistryAddress) -> None:
    kinds = {"kind": DocumentKind.VEX, "stated": "2026-01-01T00:00:00Z"}
    items = [
        entry("second edition", revision="2", ingested="2026-11-01T00:00:00Z", **kinds),
        entry("first edition", revision="1", ingested="2026-11-03T00:00:00Z", **kinds),
        entry("second again", revision="2", ingested="2026-11-02T00:00:00Z", **kinds),
        entry("quarantined", revision="2", decision=IntakeDecision.QUARANTINED, **kinds),
    ]
    with RegistryWriter(address) as writer:
        writer.ingest(items)
    with RegistryReader(address) as reader:
        current = {document.name for document in reader.documents() if document.current}
        assert current == {"second edition.json", "second again.json"}
        assert {document.name for document, _ in reader.all_statements()} == current


def test_tables_of_a_newer_version_are_left_alone(address: RegistryAddress) -> None:
    database = engine.Database(address)
    with database.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {database.prefix}alembic_version SET version_num = '9999'")
    database.close()
    for open_registry in (engine.Database, RegistryReader):
        with pytest.raises(InputError, match="9999"):
            open_registry(address)


def test_a_full_disk_is_reported_and_nothing_is_lost(
    file_address: RegistryAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RegistryWriter(file_address) as writer:
        writer.ingest([entry()])
    prepare = engine._prepare_file

    def small(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}").close()

    monkeypatch.setattr(engine, "_prepare_file", small)
    wide = tuple(RegisteredComponent(place, PackageName("pypi", "", f"p{place}" * 20), "1") for place in range(500))
    with RegistryWriter(file_address) as writer, pytest.raises(OutputError, match="disk is full"):
        writer.ingest([RegistryEntry(document=entry("two").document, components=wide)])
    with RegistryReader(file_address) as reader:
        assert [document.name for document in reader.documents()] == ["one.json"]


def test_a_damaged_file_is_reported(file_address: RegistryAddress) -> None:
    assert file_address.file is not None
    file_address.file.write_bytes(b"no database " * 1000)
    with pytest.raises(InputError, match="damaged"):
        RegistryWriter(file_address)
    with pytest.raises(InputError, match="damaged"), RegistryReader(file_address) as reader:
        reader.documents()


def test_a_writer_that_never_ends_is_waited_for_only_so_long(
    file_address: RegistryAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    with RegistryWriter(file_address) as writer, closing(sqlite3.connect(str(file_address.file))) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError, match="other runs"):
            writer.ingest([entry()])


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    address = registry_address(tmp_path, url="postgresql://user:secret@127.0.0.1:1/db")
    for use in (RegistryWriter, RegistryReader):
        with pytest.raises(UnavailableError) as caught:
            use(address)
        assert "secret" not in caught.value.described()


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "postgresql:/x", "sqlite:///x", "postgresql+psycopg://x/y", "postgresql://[::1/x", "x"]
)
def test_other_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="SEALWRIGHT_REGISTRY_URL"):
        registry_address(tmp_path, url=url)


@pytest.mark.parametrize("tenant", ["A", "a b", 'a"; drop', "1a", "a" * 49, "a-b", "ä", "pg.x"])
def test_names_of_tenants_are_names_of_schemas(tmp_path: Path, tenant: str) -> None:
    with pytest.raises(UsageError, match="SEALWRIGHT_REGISTRY_TENANT"):
        registry_address(tmp_path, tenant=tenant)


def test_the_address_is_shown_without_credentials(tmp_path: Path) -> None:
    address = registry_address(tmp_path, url="postgres://user:secret@db.example:5433/x?password=hidden", tenant="team")
    assert address.shown() == "postgresql://db.example:5433/x, schema team"
    assert registry_address(tmp_path).shown() == str(tmp_path / "registry.sqlite")
