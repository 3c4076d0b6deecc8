"""One step: forward, loss, backward, update."""

import warnings
from contextlib import nullcontext

from ..graph import engine
from ..graph.passes import Passes
from ..optimizers import FlatParameters
from ..regularizers import activity_penalties


class Step:
    """A built and compiled model, ready to run batch after batch.

    Parameters
    ----------
    model : Model
        Built.
    objective : Objective
        Not bound yet.
    optimizer : Optimizer
    parameters : FlatParameters or None
        Of an earlier step, kept if the same weights learn.
    """

    def __init__(self, model, objective, optimizer, parameters=None):
        self.networks = {mode: model._network(mode) for mode in (True, False)}
        network = self.networks[True]
        objective.bind(model.output_names, [tensor.shape for tensor in network.outputs])
        self.objective, self.optimizer = objective, optimizer
        weights = model.trainable_weights
        self.parameters = (
            FlatParameters(weights) if parameters is None else parameters.refreshed(weights)
        )
        self.regularized = [w for w in self.parameters.weights if w.regularizer is not None]
        self.constrained = [w for w in self.parameters.weights if w.constraint is not None]
        self.has_activity = any(map(_has_activity, model.layers))
        taken = {
            index for index, head in enumerate(objective.heads) if _take_over(network, index, head)
        }
        self.linear = {
            mode: tuple(net.outputs[index].node for index in taken)
            for mode, net in self.networks.items()
        }
        from .repetition import Repetition  # not before Numba is needed anyway

        self.repetition = Repetition(network, self.linear[True], self.parameters)
        self.run_eagerly = False
        self.built_optimizer = False

    def train(self, x, y, sample_weight):
        """Forward, backward, update; the batch counts in the objective's means.

        Parameters
        ----------
        x, y, sample_weight : list of ndarray
            One for each input and output, standardized and checked; ``None`` where not needed.
        """
        if not self.built_optimizer:
            self._build_optimizer()
        self.parameters.bind()
        self.parameters.await_gradients()
        if self.run_eagerly:
            passes = Passes(self.networks[True], self.linear[True])
        else:
            passes = self.repetition.passes(x)
        value, _ = self._forward_backward(passes, x, y, sample_weight)
        self.objective.add(value, len(x[0]))
        self.optimizer.apply()
        for weight in self.constrained:
            weight.value[...] = weight.constraint(weight.value)

    def _build_optimizer(self):
        if not self.parameters.weights:
            warnings.warn(
                f"no weight of {self.networks[True].name} learns: all its layers are frozen",
                stacklevel=4,
            )
        self.optimizer.build(self.parameters)
        self.built_optimizer = True

    def gradients(self, x, y, sample_weight, training):
        """``(loss, weight gradients, input gradients)``, the gradients as copies."""
        self.parameters.bind()
        self.parameters.await_gradients()
        passes = Passes(self.networks[training], self.linear[training], training)
        value, dxs = self._forward_backward(passes, x, y, sample_weight, wants_inputs=True)
        return value, [weight.grad.copy() for weight in self.parameters.weights], dxs

    def _forward_backward(self, passes, x, y, sample_weight, **wanted):
        with activity_penalties() if self.has_activity else nullcontext(()) as penalties:
            outputs = passes.forward(x)
        value, caches = self._losses(outputs, y, sample_weight)
        dys = [head.backward(cache) for head, cache in zip(self.objective.heads, caches)]
        outputs = caches = None  # back to the pool before backward asks it for memory
        dxs = passes.backward(dys, **wanted)
        self.parameters.settle_gradients()
        for weight in self.regularized:
            weight.grad += weight.regularizer.gradient(weight.value)
        return value + sum(penalties), dxs

    def test(self, x, y, sample_weight):
        """Forward only; the batch counts in the objective's means."""
        with activity_penalties() if self.has_activity else nullcontext(()) as penalties:
            run = engine.forward(self.networks[False], x, False, linear=self.linear[False])
        value, _ = self._losses(run.outputs, y, sample_weight)
        self.objective.add(value + sum(penalties), len(x[0]))

    def _losses(self, outputs, y, sample_weight):
        """The total loss with penalties, and each head's cache."""
        total, caches = 0.0, []
        for head, y_true, y_pred, weight in zip(self.objective.heads, y, outputs, sample_weight):
            if not head.needs_targets:
                caches.append(None)
                continue
            value, cache = head.forward(y_true, y_pred, weight)
            total += value if head.weight == 1 else value * head.weight
            caches.append(cache)
        for weight in self.regularized:
            total += float(weight.regularizer(weight.value))
        return total, caches


def _take_over(network, index, head):
    """Let the loss take over the activation that ends its output, if nothing else needs it."""
    slot, tensor = network.output_slots[index], network.outputs[index]
    layer = tensor.node.layer if tensor.node is not None else None
    if not hasattr(layer, "linear_forward") or getattr(layer, "activity_regularizer", None):
        return False
    read_inside = any(slot in read for read, _ in network.slots)
    if read_inside or network.output_slots.count(slot) > 1:
        return False
    activation = getattr(layer, "function", None) or layer.activation
    if getattr(activation, "axis", -1) not in (-1, len(tensor.shape) - 1):
        return False
    return head.take_over(activation.name)


def _has_activity(layer):
    return getattr(layer, "activity_regularizer", None) is not None or any(
        map(_has_activity, layer.sublayers)
    )
