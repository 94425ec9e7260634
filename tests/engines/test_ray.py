"""The same bits on a cluster, whoever dies; and a cluster left as it was found."""

import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import numpy as np
import pytest

import whence as wh
from whence._core.errors import EngineError, NonFiniteWorthError, OptionError, OrderError
from whence._core.meter import count
from whence.engines.engine import QUESTIONS

from .test_local import GAME, RUN, Faulty
from .test_processes import Counts, Dies, Foreign, Pools, asked

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'whence[ray]'")
from ray.cluster_utils import Cluster  # noqa: E402 - only where there is one

from whence.engines import Ray, _cluster, _crew  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def quiet():
    """Ray tells nobody, its own warnings are not ours, and SIGTERM is nobody's afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.delenv("RAY_ADDRESS", raising=False)
        yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="module")
def cluster():
    """Three cores, to which this process is connected."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 3, "include_dashboard": False})
    ray.init(made.address, log_to_driver=False, logging_level="ERROR")
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture(scope="module")
def straight():
    return wh.attribute(GAME, seed=4, budget=RUN)


def equal(got, straight):
    for name in ("values", "stderr", "empty", "full"):
        assert np.array_equal(getattr(got, name), getattr(straight, name)), name
    for name in ("asked", "evaluations", "rows"):
        assert getattr(got.cost, name) == getattr(straight.cost, name), name
    assert got.verdict == straight.verdict


@pytest.mark.parametrize("workers", [2, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 5))])
def test_same_bits_and_same_counts(cluster, straight, workers):
    """Five workers have three cores between them: those who wait for one hold nobody up."""
    equal(wh.attribute(GAME, seed=4, budget=RUN, engine=Ray(workers=workers)), straight)


@pytest.mark.parametrize(
    ("how", "kind", "says"),
    [
        ("nan", NonFiniteWorthError, "with 'b' present"),
        pytest.param("own", ZeroDivisionError, "in the model", marks=pytest.mark.slow),
        pytest.param("order", OrderError, r"\(steps\): only prefixes", marks=pytest.mark.slow),
    ],
)
def test_errors_arrive_as_themselves(cluster, how, kind, says):
    """Kills: `RayTaskError(ZeroDivisionError)`, which no `except` of the user's has heard of."""
    game = Faulty(how, ordered=how == "order")
    stay = np.tile([[False, True]], (QUESTIONS + 5, 1))
    zero = np.zeros(len(stay), dtype=int)
    with Ray(workers=1).open(game) as opened, pytest.raises(kind, match=says) as caught:
        list(opened.run([(stay, zero, zero)]))
    assert type(caught.value) is kind


@pytest.mark.slow
def test_the_game_is_loaded_once_by_each_worker(cluster, tmp_path):
    """Kills: a game that travels with every parcel."""
    with Ray(workers=2).open(Counts(str(tmp_path / "notes"))) as opened:
        pids = {*opened.worth(*asked(40))[:, 0], *opened.worth(*asked(40))[:, 0]}
    loaded = (tmp_path / "notes").read_text().split()
    assert len(loaded) == len(set(loaded)) <= 2
    assert {float(pid) for pid in loaded} >= pids
    assert os.getpid() not in pids


@pytest.mark.slow
def test_a_worker_is_one_thread(cluster):
    with Ray(workers=1).open(Pools()) as opened:
        assert (opened.worth(*asked(2)) == 1).all()


class DiesOnce(Counts):
    """Kills its worker the first time that it is asked about case 1, after counting its rows."""

    n_cases = 2

    def _worth(self, coalitions, cases, draws):
        count(rows=len(cases))
        if cases.any() and not Path(self.notes + "-died").exists():
            Path(self.notes + "-died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return coalitions.sum(axis=1) + 10.0 * cases


def test_a_parcel_that_was_lost_is_answered_by_another(cluster, tmp_path):
    """Kills: answers out of order after a loss, and rows that are counted twice."""
    stay, cases, draws = asked(40)
    stay[::3, 0] = False
    cases[20 * QUESTIONS :] = 1
    with (
        wh._core.meter.metering() as meter,
        Ray(workers=2).open(DiesOnce(str(tmp_path / "notes"))) as opened,
    ):
        got = opened.worth(stay, cases, draws)
    assert np.array_equal(got[:, 0], stay.sum(axis=1) + 10.0 * cases)
    assert meter.rows == meter.evaluations == len(stay)
    assert (tmp_path / "notes-died").exists()


def test_a_model_that_always_kills_its_worker_is_given_up(cluster):
    """Kills: trying for ever."""
    says = r"lost with their worker 4 times: the model crashes it"
    with pytest.raises(EngineError, match=says), Ray(workers=1).open(Dies()) as opened:
        opened.worth(*asked(1))


class DiesLoading(Counts):
    def __setstate__(self, state):
        if os.getpid() != state["driver"]:
            os.kill(os.getpid(), signal.SIGKILL)

    def __init__(self):
        self.driver = os.getpid()


@pytest.mark.slow
def test_workers_that_die_before_they_hold_the_game_are_given_up(cluster):
    with (
        pytest.raises(EngineError, match="4 workers in a row died before they held the game"),
        Ray(workers=1).open(DiesLoading()) as opened,
    ):
        opened.worth(*asked(1))


@pytest.mark.slow
def test_workers_that_cannot_start_say_why(cluster, monkeypatch):
    """Kills: a page of Ray's trace, cut off before the line that matters."""

    class Lost:
        def __init__(self, *_):
            raise ModuleNotFoundError("No module named 'whence'")

        def ready(self):
            return None

    monkeypatch.setattr(_crew, "Keeper", Lost)
    with (
        pytest.raises(EngineError, match=r"installed on every node.*ModuleNotFoundError: No mod"),
        Ray(workers=1).open(Counts(os.devnull)) as opened,
    ):
        opened.worth(*asked(1))


@pytest.mark.slow
def test_what_cannot_be_opened_there_is_told(cluster):
    with (
        pytest.raises(EngineError, match=r"cannot open the game: ModuleNotFoundError.*install it"),
        Ray(workers=1).open(Foreign()) as opened,
    ):
        opened.worth(*asked(1))


def test_a_game_that_is_never_asked_needs_no_cluster():
    """Kills: a cluster that starts for trees, which are read."""
    with Ray("nowhere").open(Counts(os.devnull)) as opened:
        assert opened.n_cases == 1


def test_what_cannot_be_sent_is_named():
    lock = threading.Lock()
    game = wh.FunctionGame(lambda stay: lock and stay.sum(axis=1), ("a", "b"))
    with pytest.raises(EngineError, match=r"Ray\(.*function\.lock \(lock\) cannot be pickled"):
        wh.attribute(game, engine=Ray())


@pytest.mark.slow
def test_no_room_is_told(cluster, monkeypatch):
    monkeypatch.setattr(_crew, "START", 1.0)

    @ray.remote(num_cpus=3)
    def everything():
        time.sleep(60)

    taken = everything.remote()
    time.sleep(0.5)
    try:
        with (
            pytest.raises(EngineError, match="no worker could start within 1 s"),
            Ray(workers=1).open(Counts(os.devnull)) as opened,
        ):
            opened.worth(*asked(1))
    finally:
        ray.cancel(taken, force=True)


@pytest.mark.slow
def test_the_cluster_is_left_as_it_was_found(cluster):
    """Kills: a cluster that ends with the first run, and actors that keep their cores."""
    with Ray(workers=3).open(Counts(os.devnull)) as opened:
        opened.worth(*asked(2))
    assert ray.is_initialized()
    end = time.monotonic() + 20
    while ray.available_resources().get("CPU", 0) < 3 and time.monotonic() < end:
        time.sleep(0.1)
    assert ray.available_resources()["CPU"] == 3


@pytest.mark.slow
def test_another_cluster_than_the_one_at_hand_is_refused(cluster):
    with Ray(cluster.address, 1).open(Counts(os.devnull)) as opened:
        assert len(opened.worth(*asked(1))) == QUESTIONS
    with (
        pytest.raises(
            EngineError, match=r"connected to the Ray cluster at .*and 10\.0\.0\.1:6379 was"
        ),
        Ray("10.0.0.1:6379").open(Counts(os.devnull)) as opened,
    ):
        opened.worth(*asked(1))


@pytest.mark.parametrize("workers", [0, -1, True, "2"])
def test_workers_are_positive_numbers(workers):
    with pytest.raises((OptionError, TypeError)):
        Ray(workers=workers)


def test_ray_that_is_not_installed(monkeypatch):
    monkeypatch.setattr("whence.engines.ray.find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install 'whence\[ray\]'"):
        Ray()


class TestJoining:
    """Addresses, before anything is connected."""

    @pytest.fixture(autouse=True)
    def apart(self, monkeypatch):
        monkeypatch.setattr(_cluster.ray, "is_initialized", lambda: False)

    @pytest.mark.parametrize("address", ["cluster", ":6379", "host:", "host:port"])
    def test_no_address(self, address):
        with (
            pytest.raises(EngineError, match="is no address of a Ray cluster"),
            Ray(address).open(Counts(os.devnull)) as opened,
        ):
            opened.worth(*asked(1))

    def test_nobody_there(self):
        """Kills: Ray's own two minutes, and the exit of this process after them."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
            start = time.monotonic()
            with (
                pytest.raises(EngineError, match=f"no Ray cluster answers at {address}"),
                Ray(address).open(Counts(os.devnull)) as opened,
            ):
                opened.worth(*asked(1))
        assert time.monotonic() - start < 10

    @pytest.mark.slow
    def test_somebody_else_there(self, monkeypatch):
        """Kills: waiting for a port that listens and is not Ray's."""
        monkeypatch.setattr(_cluster, "ANSWER", 4.0)
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = f"127.0.0.1:{other.getsockname()[1]}"
            with (
                pytest.raises(EngineError, match=r"did not answer as a Ray cluster within 4 s"),
                Ray(address).open(Counts(os.devnull)) as opened,
            ):
                opened.worth(*asked(1))


class Sleeps(Counts):
    """A slow model that leaves the processor free."""

    n_cases = 2

    def _worth(self, coalitions, cases, draws):
        with Path(self.notes).open("a") as notes:
            notes.write(f"{ray.get_runtime_context().get_node_id()}\n")
        time.sleep(0.004 * len(cases))
        return np.exp(coalitions @ [0.1, 0.2]) + cases


@pytest.mark.slow
def test_a_node_dies_in_mid_run(tmp_path):
    """Kills: questions that are lost with a node, answered twice, or asked of it for ever."""
    ray.shutdown()
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    node = made.add_node(num_cpus=1)
    stay, cases, draws = asked(60)
    stay[::3, 0], cases[::2] = False, 1
    got = []
    try:
        with (
            wh._core.meter.metering() as meter,
            Ray(made.address, 2).open(Sleeps(str(tmp_path / "notes"))) as opened,
        ):
            (tmp_path / "notes").write_text("")  # of being loaded
            for worths, _ in opened.stream(stay, cases, draws, QUESTIONS):
                got.append(worths)
                if len(got) == 20:
                    made.remove_node(node, allow_graceful=False)
        assert not ray.is_initialized()
    finally:
        ray.shutdown()
        made.shutdown()
    begun = (tmp_path / "notes").read_text().split()
    assert len([place for place in set(begun) if len(place) > 20]) == 2  # both nodes were at work
    assert len(begun) > 60  # what the dead one was at was begun again
    assert np.array_equal(np.concatenate(got)[:, 0], np.exp(stay @ [0.1, 0.2]) + cases)
    assert meter.evaluations == len(stay)


@pytest.mark.slow
def test_a_cluster_of_its_own_ends_with_the_run(straight):
    ray.shutdown()
    before = signal.getsignal(signal.SIGTERM)
    equal(wh.attribute(GAME, seed=4, budget=RUN, engine=Ray(workers=2)), straight)
    assert not ray.is_initialized()
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    if callable(before):
        assert signal.getsignal(signal.SIGTERM) is before


def listening(processes):
    """Addresses at which processes listen, by what Linux says of them."""
    inodes = set()
    for process in processes:
        with suppress(OSError):
            for handle in Path(f"/proc/{process}/fd").iterdir():
                inodes.add(str(handle.readlink()).removeprefix("socket:[").removesuffix("]"))
    for file, width in (("tcp", 8), ("tcp6", 32)):
        for line in Path(f"/proc/net/{file}").read_text().splitlines()[1:]:
            cells = line.split()
            if cells[3] == "0A" and cells[9] in inodes:
                words = bytes.fromhex(cells[1].split(":")[0][:width])
                yield ip_address(b"".join(words[i : i + 4][::-1] for i in range(0, len(words), 4)))


def children(pid):
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from children(child)


def is_local(address):
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_cluster_of_its_own_listens_to_this_machine_alone():
    """Kills: a port, open to every machine near, behind which code is run."""
    ray.shutdown()
    before = set(children(os.getpid()))  # of a cluster that other tests have started
    with _cluster.connected("local", 1):
        seen = list(listening([*(set(children(os.getpid())) - before), os.getpid()]))
    assert len(seen) > 3
    assert [str(address) for address in seen if not is_local(address)] == []


@pytest.mark.slow
def test_a_ray_that_cannot_be_kept_from_others_is_not_used(monkeypatch):
    ray.shutdown()
    monkeypatch.setattr(ray, "nodes", lambda: [{"NodeManagerAddress": "192.0.2.7"}])
    own = _cluster.connected("local", 1)
    with pytest.raises(EngineError, match=r"would listen at 192\.0\.2\.7"):
        own.__enter__()
    assert not ray.is_initialized()
