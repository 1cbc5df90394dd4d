"""Faults that a test makes the services have: refusals, silence, lost connections, nonsense.

Faults of one service are used in the order in which they were added, each for as many requests as it
says; where none is left, the service works.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from ops.supply_chain.rehearsal.clocks import Service

FOREVER = -1


@dataclass(frozen=True, kw_only=True)
class InjectedFault:
    """What goes wrong with one request.

    `status` and `message` are answered where `status` is set, with the header `Retry-After` where `retry_after` is; `body` is answered as a success. `hang` waits
    so many seconds first, or until the instance stops. `drop` closes the connection without an answer. With
    `after_work` the service does its work and only the answer is lost.
    """

    status: int = 0
    message: str = "injected fault"
    retry_after: str = ""
    body: bytes | None = None
    hang: float = 0
    drop: bool = False
    after_work: bool = False


class Faults:
    """The faults still to come, and how often each service was asked. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[tuple[Service, InjectedFault, int]] = []
        self._asked: dict[Service, int] = {}

    def add(self, service: Service, fault: InjectedFault, *, times: int = FOREVER, skip: int = 0) -> None:
        """Plan a fault.

        Args:
            service: Which service has it.
            fault: What goes wrong.
            times: For how many requests; `FOREVER` until `clear`.
            skip: How many requests go well before it.
        """
        with self._lock:
            if skip:
                self._planned.append((service, InjectedFault(), skip))
            self._planned.append((service, fault, times))

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._planned.clear()

    def asked(self, service: Service) -> int:
        """Return how many requests a service has had, failed ones included."""
        with self._lock:
            return self._asked.get(service, 0)

    def take(self, service: Service) -> InjectedFault:
        """Count a request and return what goes wrong with it: a `InjectedFault` without anything set is none."""
        with self._lock:
            self._asked[service] = self._asked.get(service, 0) + 1
            for position, (whose, fault, times) in enumerate(self._planned):
                if whose != service:
                    continue
                if times == 1:
                    del self._planned[position]
                elif times != FOREVER:
                    self._planned[position] = (whose, fault, times - 1)
                return fault
        return InjectedFault()
