"""Machines that leave parts out: what is compiled for them is right, or refused in a line."""

from dataclasses import replace

import pytest

from arch.config import Alu, preset
from arch.features import Features
from arch.types import INTEGER_TYPES
from compiler.frontend.load import load_network
from compiler.schedule.program import compile_graph
from compiler.schedule.storage import CapacityError
from examples.digits.network import test_images as images
from examples.networks.catalog import network
from tests.compiler.schedule.judge import RIGHT, outcome

FPGA = preset("fpga")
MLP = network("mlp")


def graph(batch: int):
    return load_network(MLP.path("qdq"), {"batch": batch})


@pytest.mark.parametrize(
    ("batch", "alus", "words"), [(1, 2, 512), (3, 2, 1024), (8, 2, 1024), (1, 3, 512), (8, 4, 512)]
)
def test_the_perceptron_where_sums_take_all_streams(batch, alus, words):
    config = replace(FPGA, alus=FPGA.alus[:1] * alus, queue_depth=words)
    found = outcome(graph(batch), config, MLP.inputs(images()[0][:batch], "qdq"))
    assert (found.status, found.reason) == (RIGHT, "")


def test_two_planes_that_need_more_alus_than_there_are_work_one_after_the_other():
    """Their alternatives conflict in every cycle: the search for one that does not must end."""
    alus = (Alu(types=INTEGER_TYPES), *FPGA.alus[:1] * 3)
    config = replace(FPGA, streams=8, bank_words=2048, queue_depth=1024, alus=alus, features=Features())
    assert outcome(graph(1), config, MLP.inputs(images()[0][:1], "qdq")).status == RIGHT


def test_text_that_the_queues_do_not_hold_is_refused_where_none_is_fetched():
    with pytest.raises(CapacityError, match=r"holds 96 instructions, and this machine fetches no more$"):
        compile_graph(graph(1), replace(FPGA, queue_depth=96))
