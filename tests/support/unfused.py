"""Networks that run layer by layer, to compare fused ones with."""

from contextlib import contextmanager
from unittest import mock

from minicnn.graph import fusion


@contextmanager
def unfused(network):
    """Run ``network`` without any chain."""
    kept = network._schedules
    network._schedules = {}
    with mock.patch.object(fusion, "find_chains", lambda network, folding: []):
        yield
    network._schedules = kept
