"""Reaching a Ray cluster, in bounded time, and leaving it as it was found."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import ray
from joblib import cpu_count
from ray._private import ray_constants

from whence._core.errors import EngineError

REACH = 5.0  # seconds for a port to answer
ANSWER = 30.0  # seconds for a cluster to answer
QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
_ASK = "import ray, sys; ray.init(sys.argv[1], log_to_driver=False, logging_level='ERROR')"


@contextmanager
def connected(address: str | None, workers: int | None) -> Iterator[None]:
    """Inside, this process is connected to a cluster.

    Raises:
        EngineError: it does not answer, or this process is connected to another one.
    """
    address = address or (None if ray.is_initialized() else os.environ.get("RAY_ADDRESS"))
    if ray.is_initialized():
        _same(address)
        yield
        return
    if address in (None, "local"):
        _start(workers)
    else:
        _join(str(address))
    try:
        yield
    finally:
        ray.shutdown()


def cores() -> int:
    """How many cores the cluster has."""
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def _start(workers: int | None) -> None:
    """A cluster of our own, on this machine, that tells nobody and that nobody else can reach.

    Raises:
        EngineError: this Ray listens to other machines too.
    """
    told = os.environ.get("RAY_USAGE_STATS_ENABLED")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        with _own_signals(), _loopback():
            ray.init("local", num_cpus=workers or cpu_count(), include_dashboard=False, **QUIET)
    finally:
        os.environ.pop("RAY_USAGE_STATS_ENABLED")
        os.environ.update({"RAY_USAGE_STATS_ENABLED": told} if told is not None else {})
    addresses = [str(node["NodeManagerAddress"]) for node in ray.nodes()]
    if not all(ip_address(address).is_loopback for address in addresses):
        ray.shutdown()
        raise EngineError(
            f"Ray {ray.__version__} would listen at {', '.join(addresses)}, where other machines "
            "may reach it. Upgrade Ray, or start a cluster yourself (`ray start --head`) and give "
            "its address."
        )


@contextmanager
def _loopback() -> Iterator[None]:
    """Ray turns 127.0.0.1 into an address that others can reach, unless it is told of no others."""
    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before


@contextmanager
def _own_signals() -> Iterator[None]:
    """Ray takes SIGTERM for itself, and ends the process: whoever had it before keeps it."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _join(address: str) -> None:
    """Ask in a process that can be ended first: Ray itself asks for minutes, and then exits."""
    if address != "auto":
        _reach(address)
    ask = [sys.executable, "-c", _ASK, address]
    try:
        asked = subprocess.run(  # noqa: S603 - our own interpreter
            ask, capture_output=True, text=True, timeout=ANSWER, check=False
        )
    except subprocess.TimeoutExpired:
        raise EngineError(
            f"what listens at {address} did not answer as a Ray cluster within {ANSWER:g} s. Give "
            "the address of the head node's GCS, such as '10.0.0.1:6379'; `ray status` shows it."
        ) from None
    if asked.returncode:
        said = asked.stderr.strip().splitlines() or ["it said nothing"]
        raise EngineError(
            f"the Ray cluster at {address} cannot be joined: {said[-1]}. It may run another "
            "version of Python or Ray, or want a token: see RAY_AUTH_MODE in Ray's manual."
        )
    with _own_signals():
        ray.init(address, **QUIET)


def _reach(address: str) -> None:
    """Refuse an address where nothing listens."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdigit()):
        raise EngineError(
            f"{address!r} is no address of a Ray cluster: write it as 'HOST:PORT', or 'auto'."
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH).close()
    except (OSError, OverflowError) as error:
        raise EngineError(
            f"no Ray cluster answers at {address} ({error}). Is it running (`ray status` on its "
            "head node), and may this machine reach that port?"
        ) from None


def _same(address: str | None) -> None:
    here = ray.get_runtime_context().gcs_address
    if address not in (None, "auto", "local", here):
        raise EngineError(
            f"this process is connected to the Ray cluster at {here}, and {address} was asked "
            "for. Leave address out to use this one, or call ray.shutdown() first."
        )
