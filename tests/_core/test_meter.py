"""Counting."""

import threading

import pytest

from whence._core.meter import Meter, count, metering


def test_every_open_meter_hears():
    with metering() as outer:
        count(rows=1)
        with metering() as inner:
            count(rows=2, evaluations=3, gradients=4, found=5)
        count(rows=10)
    count(rows=100)  # nobody listens
    assert (inner.rows, inner.evaluations, inner.gradients, inner.found) == (2, 3, 4, 5)
    assert (outer.rows, outer.evaluations, outer.gradients, outer.found) == (13, 3, 4, 5)


def test_alone_nobody_outside_hears():
    """Kills: a worker's counts counted twice."""
    with metering() as outer:
        with metering(alone=True) as inner:
            count(rows=7)
        count(rows=1)
    assert (inner.rows, outer.rows) == (7, 1)


def test_a_meter_closes_when_its_block_fails():
    with pytest.raises(RuntimeError), metering() as meter:
        raise RuntimeError
    count(rows=1)
    assert meter.rows == 0


def test_threads_have_meters_of_their_own():
    with metering() as meter:
        thread = threading.Thread(target=count, kwargs={"rows": 5})
        thread.start()
        thread.join()
    assert meter.rows == 0


def test_meters_add_up():
    one = Meter(1, 2, 3, 4)
    one.add(Meter(10, 20, 30, 40))
    assert one == Meter(11, 22, 33, 44)
