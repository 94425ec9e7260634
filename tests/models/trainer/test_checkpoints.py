import copy

import numpy as np
import pytest
import torch

import whence as wh
from models.trainer.rows import network
from whence.models.trainer.checkpoints import (
    checkpoints_of,
    looks,
    middles,
    nearest,
    parted,
    pull,
    uses,
)

pytestmark = pytest.mark.usefixtures("one_thread")


def same(one, two):
    return all(torch.equal(one[k], two[k]) for k in one)


def test_parts_are_whole_passes_where_there_are_enough():
    schedule = network(epochs=6)[0].schedule  # 4 steps a pass
    assert parted(schedule, 3).tolist() == [0, 8, 16, 24]
    assert parted(schedule, 12).tolist() == list(range(0, 25, 2))
    assert parted(schedule, 2, 8, 24).tolist() == [8, 16, 24]
    assert parted(schedule, 2, 3, 8).tolist() == [3, 6, 8]
    assert middles(np.array([0, 1, 4, 8])) == [0, 2, 5]
    assert nearest([2, 7], 0, 9).tolist() == [0, 5, 9]


def test_steps_of_a_run():
    trainer, _ = network()
    states = trainer.states([0, 3, 7])
    assert all(map(same, checkpoints_of(trainer, [0, 3, 7]), states))
    assert len(checkpoints_of(trainer, 5)) == 5
    assert same(checkpoints_of(trainer, 1)[0], trainer.states([9])[0])
    assert all(map(same, checkpoints_of(trainer, states), states))


def test_a_run_goes_on_from_any_step_as_it_did():
    trainer, _ = network(momentum=0.9)
    ones, seeds = np.ones((1, 48)), np.array([trainer.seed])
    at, whole = trainer.running(ones, seeds, [7])
    (rest,) = trainer.running(ones, seeds, [], (7, *at))
    assert same(whole[0], rest[0])


def test_rows_are_used_as_often_as_their_batches_come():
    trainer, _ = network(n=45, batch=10, lr=lambda t: 0.1 + t / 100, momentum=0.5)
    order, rates = trainer.schedule.order(trainer.seed), trainer.schedule.rates
    borders = np.array([0, 7, trainer.schedule.steps])
    want = np.zeros((2, 45))
    for step, rows in enumerate(order):
        for i in rows:
            want[int(step >= 7), i] += 2 * rates[step] / len(rows)
    assert np.allclose(uses(trainer, borders), want, rtol=1e-14)


def test_what_adam_divides_by_is_that_of_the_step():
    trainer, _ = network(optimizer="adam", lr=0.01, weight_decay=0.0)
    look = looks(trainer, [0])[0]
    first = trainer.schedule.order(trainer.seed)[0]
    mean = trainer.gradients(look.params)[first].mean(0)
    assert np.allclose(look.second, mean**2, rtol=1e-12)  # freed of its start at zero
    assert np.allclose(pull(look.second), 1 / (np.abs(mean) + 1e-8), rtol=1e-6)
    assert looks(network()[0], [3])[0].second is None
    last = looks(trainer, [trainer.schedule.steps - 1])[0]
    assert same(last.params, trainer.states([trainer.schedule.steps - 1])[0])


class TestRefusals:
    def test_references_to_one_model(self):
        trainer, _ = network()
        module = trainer.module
        with pytest.raises(wh.WhenceError, match=r"0 and 1 are one and the same tensors.*deepcopy"):
            checkpoints_of(trainer, [module.state_dict(), module.state_dict()])

    def test_copies_of_one_state(self):
        trainer, _ = network()
        state = trainer.module.state_dict()
        with pytest.raises(wh.WhenceError, match="number for number"):
            checkpoints_of(trainer, [state, copy.deepcopy(state)])

    @pytest.mark.parametrize("given", [[9, 3], [3, 3], [-1, 2], [0, 20]])
    def test_steps_out_of_order(self, given):
        with pytest.raises(wh.WhenceError, match="go upwards, from 0 to 19"):
            checkpoints_of(network()[0], given)

    @pytest.mark.parametrize("given", [0, [], "last", 2.5])
    def test_no_checkpoints(self, given):
        with pytest.raises(wh.WhenceError, match="checkpoints is"):
            checkpoints_of(network()[0], given)

    def test_more_than_steps(self):
        with pytest.raises(wh.WhenceError, match="ask for fewer"):
            checkpoints_of(network()[0], 21)
