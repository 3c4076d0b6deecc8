"""What a compiled model strives for: the loss, its weight and the metrics of each output."""

from minicnn_kernels.contracts import arrays

from .. import losses, metrics

_BY_SHAPE = ("accuracy", "acc")  # Keras picks the kind of accuracy from the first batch's shapes


class Head:
    """One output's loss, the loss' weight, and its metrics.

    Attributes
    ----------
    name : str
    shape : tuple
        Of the predictions, batch ``None``.
    loss : Loss or None
    run_loss : Loss or None
        The loss as it is run: of logits where it took the last activation over.
    fused : bool
        Whether it did.
    weight : float
    metrics, weighted_metrics : list of Metric or str
        A string stands for an accuracy until the first batch.
    """

    def __init__(self, name, shape, loss, weight, plain, weighted):
        self.name, self.shape = name, tuple(shape)
        self.loss = self.run_loss = loss
        self.fused = False
        self.weight = weight
        self.metrics, self.weighted_metrics = plain, weighted
        self.wants_predictions = bool(plain or weighted)
        self.reset()

    def take_over(self, activation):
        """Run the loss on what enters ``activation``, if there is a loss that equals it."""
        fused = self.loss.from_logits_of(activation) if self.loss is not None else None
        if fused is not None:
            self.run_loss, self.fused = fused, True
        return self.fused

    @property
    def needs_targets(self):
        """Whether anything compares this output with targets."""
        return self.loss is not None or self.wants_predictions

    def reset(self):
        """Forget all batches."""
        self.total = self.count = 0.0
        for metric in (*self.metrics, *self.weighted_metrics):
            if not isinstance(metric, str):
                metric.reset_state()

    def forward(self, y_true, y_pred, sample_weight):
        """``(value, cache)`` of the loss; takes the batch into the metrics too."""
        value, cache = 0.0, None
        if self.loss is not None:
            value, cache = self.run_loss.forward(y_true, y_pred, sample_weight, checked=True)
            self.total += value * len(y_pred)
            self.count += len(y_pred)
        if self.wants_predictions:
            if self.fused:
                y_pred = self.run_loss.predictions(cache)
            self._update_metrics(y_true, y_pred, sample_weight)
        return value, cache

    def backward(self, cache):
        """Gradient of the weighted loss by what :meth:`forward` was given, ``None`` for none."""
        if cache is None:
            return None
        dy = self.run_loss.backward(cache)
        if self.weight != 1:
            dy *= dy.dtype.type(self.weight)
        return dy

    def _update_metrics(self, y_true, y_pred, sample_weight):
        for chosen, weight in ((self.metrics, None), (self.weighted_metrics, sample_weight)):
            for index, metric in enumerate(chosen):
                if isinstance(metric, str):
                    metric = metrics.of_shapes(y_true.shape, y_pred.shape, metric)
                    chosen[index] = metric
                metric.update_state(y_true, y_pred, weight)


class Objective:
    """The losses and metrics of a model, as ``compile`` was given them.

    Parameters
    ----------
    loss, metrics, loss_weights, weighted_metrics
        As :meth:`Trainer.compile` takes them.

    Raises
    ------
    ValueError, TypeError
        For unknown names: now, not in the first batch.
    """

    def __init__(self, loss, metrics, loss_weights, weighted_metrics):
        self.loss, self.loss_weights = loss, loss_weights
        self.metrics, self.weighted_metrics = metrics, weighted_metrics
        for leaf in _leaves(loss):
            losses.get(leaf)
        for leaf in (*_leaves(metrics), *_leaves(weighted_metrics)):
            _metric(leaf)
        self.heads = None
        self.total = self.count = 0.0

    def bind(self, names, shapes):
        """Give each output its part.

        Raises
        ------
        ValueError
            If the losses or metrics do not fit the outputs.
        """
        chosen = [losses.get(leaf) for leaf in _one_each("loss", self.loss, names)]
        weights = _one_each("loss_weights", self.loss_weights, names)
        plain = _several_each("metrics", self.metrics, names)
        weighted = _several_each("weighted_metrics", self.weighted_metrics, names)
        self.heads = [
            Head(
                name,
                shape,
                loss,
                1.0 if w is None else arrays.number("compile", "loss_weights", w),
                p,
                q,
            )
            for name, shape, loss, w, p, q in zip(names, shapes, chosen, weights, plain, weighted)
        ]

    @property
    def has_loss(self):
        """Whether there is anything to train on."""
        return any(leaf is not None for leaf in _leaves(self.loss))

    def reset(self):
        """Forget all batches."""
        self.total = self.count = 0.0
        for head in self.heads:
            head.reset()

    def add(self, value, rows):
        """Take in the total loss of a batch."""
        self.total += value * rows
        self.count += rows

    def logs(self):
        """Name and running mean of the loss, of each output's loss, and of the metrics."""
        logs = {"loss": self.total / self.count if self.count else 0.0}
        if len(self.heads) > 1 and sum(head.loss is not None for head in self.heads) > 1:
            for head in self.heads:
                if head.loss is not None:
                    mean = head.total / head.count if head.count else 0.0
                    logs[f"{head.name}_loss"] = mean
        for head in self.heads:
            self._log(logs, head, head.metrics, "")
        for head in self.heads:
            self._log(logs, head, head.weighted_metrics, "weighted_")
        return logs

    def _log(self, logs, head, chosen, mark):
        prefix = f"{head.name}_" if len(self.heads) > 1 else ""
        for metric in chosen:
            own = metric if isinstance(metric, str) else metric.name
            name = f"{prefix}{own}"
            if name in logs and mark:
                name = f"{prefix}{mark}{own}"
            number = 1
            while name in logs:
                name = f"{prefix}{own}_{number}"
                number += 1
            result = 0.0 if isinstance(metric, str) else metric.result()
            # A variable would go on changing in the logs.
            logs[name] = result.numpy()[()] if isinstance(result, metrics.Variable) else result

    def all_metrics(self):
        """Every metric object that has been made."""
        heads = self.heads or ()
        chosen = [m for head in heads for m in (*head.metrics, *head.weighted_metrics)]
        return [metric for metric in chosen if not isinstance(metric, str)]


def _metric(leaf):
    """A new metric, logged under the name it was given; a string where shapes must decide."""
    if isinstance(leaf, str):
        if leaf.lower() in _BY_SHAPE:
            return leaf
        metric = metrics.get(leaf)
        metric.name = leaf
        return metric
    metric = metrics.get(leaf)
    if metric is None:
        raise ValueError("metrics: must be names, functions or Metric objects, got None")
    return metric


def _leaves(value):
    if isinstance(value, dict) and "class_name" not in value:
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in _leaves(item)]
    return [] if value is None else [value]


def _one_each(argument, value, names):
    """``value`` as one entry for each output."""
    if isinstance(value, dict) and "class_name" not in value:
        _known(argument, value, names)
        return [value.get(name) for name in names]
    if isinstance(value, (list, tuple)):
        if len(value) != len(names):
            raise ValueError(
                f"compile: {argument} must have one entry for each of the outputs {names}, "
                f"got {len(value)}"
            )
        return list(value)
    return [value] * len(names)


def _several_each(argument, value, names):
    """``value`` as one list of metrics for each output."""
    if len(names) > 1 and isinstance(value, dict):
        _known(argument, value, names)
        value = [value.get(name) for name in names]
    elif len(names) == 1 or not isinstance(value, (list, tuple)) or len(value) != len(names):
        value = [_leaves(value)] * len(names)  # all of them for every output
    return [[_metric(leaf) for leaf in _leaves(item)] for item in value]


def _known(argument, value, names):
    for name in value:
        if name not in names:
            raise ValueError(f"compile: {argument} names an output {name!r}; there are {names}")
