"""Tasks on a Dask scheduler in this process: what comes back, and every way in which it may not."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.dask import engine
from ops.supply_chain.adapters.dask.engine import run_tasks
from ops.supply_chain.adapters.dask.security import TLS_VARIABLES, checked_address, security_for
from ops.supply_chain.core.errors import UnavailableError, UsageError
from tests.fakes import fleet_work
from tests.fakes.forwarder import Forwarder

# To import Dask takes half a second, in each worker of a run.
pytestmark = pytest.mark.skipif(find_spec("distributed") is None, reason="needs dask and distributed")

TASKS = {f"task-{number}": f"{number}".encode() for number in range(5)}


def _cluster(workers: int) -> Any:
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    )


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with _cluster(2) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "CONNECT_SECONDS", 1)
    monkeypatch.setattr(engine, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(engine, "WORKERS_SECONDS", 0.2)
    monkeypatch.setattr(engine, "CLOSE_SECONDS", 0.2)
    fleet_work.STARTED.clear()
    fleet_work.GO.clear()


def _work(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(engine, "WORKER_FUNCTION", f"tests.fakes.fleet_work:{name}")


def test_every_task_gives_its_result_once(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _work(monkeypatch, "echo")
    for _ in range(2):
        assert sorted(run_tasks(address, TASKS, {})) == sorted(TASKS.values())


@pytest.mark.parametrize(
    ("work", "message"),
    [
        ("fail", "a Dask worker could not run a task: RuntimeError: the reason: 1"),
        ("text", "a Dask worker returned something else than a result"),
        ("not_there", "a Dask worker could not run a task: AttributeError"),
    ],
)
def test_a_task_that_fails(address: str, monkeypatch: pytest.MonkeyPatch, work: str, message: str) -> None:
    _work(monkeypatch, work)
    with pytest.raises(UnavailableError) as caught:
        list(run_tasks(address, {f"{work}-task": b"1"}, {}))
    assert caught.value.message.startswith(message)
    assert "\n" not in caught.value.message


def test_an_address_where_nothing_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UnavailableError, match=f"Dask scheduler {address}: does not answer: "):
            list(run_tasks(address, TASKS, {}))


def test_a_scheduler_without_workers() -> None:
    with _cluster(0) as cluster, pytest.raises(UnavailableError, match="it has no worker"):
        list(run_tasks(cluster.scheduler_address, TASKS, {}))


def test_a_connection_that_is_lost_midway(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _work(monkeypatch, "wait")
    with Forwarder(int(address.rpartition(":")[2])) as connection:

        def cut() -> None:
            fleet_work.STARTED.wait(5)
            connection.cut()

        cutting = threading.Thread(target=cut)
        cutting.start()
        with pytest.raises(UnavailableError, match="the connection was lost"):
            list(run_tasks(f"tcp://127.0.0.1:{connection.port}", TASKS, {}))
        fleet_work.GO.set()
        cutting.join()


def test_the_log_of_dask_is_silent(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _work(monkeypatch, "echo")
    list(run_tasks(address, TASKS, {}))
    assert not logging.getLogger("distributed").isEnabledFor(logging.CRITICAL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host",
        "host:1",
        "tcp://",
        "tcp://host",
        "http://h:1",
        "tcp://h:1/x",
        "tcp://u@h:1",
        "tcp://h:1?x=1",
        "tcp://[:1",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match="expected the address of a Dask scheduler"):
        checked_address(text)


def test_certificates_of_the_environment_or_of_dask(tmp_path: Path) -> None:
    import dask

    files = dict.fromkeys(TLS_VARIABLES, str(tmp_path / "file.pem"))
    with pytest.raises(UnavailableError, match="SEALWRIGHT_FLEET_CA: there is no such file"):
        security_for("tls://h:1", files)
    (tmp_path / "file.pem").write_text("")
    security = security_for("tls://h:1", files)
    assert (security.require_encryption, security.tls_ca_file) == (True, str(tmp_path / "file.pem"))
    with pytest.raises(UsageError, match="SEALWRIGHT_FLEET_KEY is not set"):
        security_for("tls://h:1", {name: path for name, path in files.items() if not name.endswith("KEY")})
    with pytest.raises(UsageError, match="tls: needs certificates"):
        security_for("tls://h:1", {})
    with dask.config.set({"distributed.comm.tls.ca-file": "/ca.pem"}):
        assert security_for("tls://h:1", {}).tls_ca_file == "/ca.pem"


def test_a_connection_with_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster
    from distributed.security import Security

    _work(monkeypatch, "echo")
    made = Security.temporary()
    files = {}
    for name, value in zip(TLS_VARIABLES, (made.tls_ca_file, made.tls_client_cert, made.tls_client_key), strict=True):
        files[name] = str(tmp_path / name)
        (tmp_path / name).write_text(value)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tls", host="127.0.0.1", dashboard_address="127.0.0.1:0",
        security=made,
    ) as cluster:  # fmt: skip
        address = cluster.scheduler_address
        assert address.startswith("tls://")
        assert sorted(run_tasks(address, TASKS, files)) == sorted(TASKS.values())
        with pytest.raises(UnavailableError, match="does not answer"):
            list(run_tasks(address.replace("tls:", "tcp:"), TASKS, files))
