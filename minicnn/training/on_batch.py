"""Single steps: what compile, fit and evaluate do, for one batch of the caller's."""

from .feed import Preparer


class OnBatch:
    """Mixin of :class:`~minicnn.training.trainer.Trainer`, which has ``_ready``."""

    def train_on_batch(
        self, x, y=None, sample_weight=None, class_weight=None, return_dict=False, **reset
    ):
        """One update; returns loss and metrics of this batch as :meth:`evaluate` does."""
        _only_reset("train_on_batch", reset)
        step = self._ready("train_on_batch", x)
        batch = Preparer("train_on_batch", self, step.objective.heads, class_weight)(
            x, y, sample_weight
        )
        step.objective.reset()
        step.train(*batch)
        logs = step.objective.logs()
        return logs if return_dict else flat(logs)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False, **reset):
        """Loss and metrics of one batch as :meth:`evaluate` returns them."""
        _only_reset("test_on_batch", reset)
        step = self._ready("test_on_batch", x)
        batch = Preparer("test_on_batch", self, step.objective.heads)(x, y, sample_weight)
        step.objective.reset()
        step.test(*batch)
        logs = step.objective.logs()
        return logs if return_dict else flat(logs)

    def predict_on_batch(self, x):
        """Outputs of one batch."""
        return self(x, training=False)

    def gradients(self, x, y, sample_weight=None, training=False):
        """Loss of a batch and its gradients; nothing is updated.

        Parameters
        ----------
        x, y, sample_weight
            As of :meth:`train_on_batch`.
        training : bool
            Mode of the forward pass.

        Returns
        -------
        loss : float
            With regularization.
        dweights : list of ndarray
            In the order of ``trainable_weights``.
        dinputs : list of ndarray
            One for each input.
        """
        step = self._ready("gradients", x)
        batch = Preparer("gradients", self, step.objective.heads)(x, y, sample_weight)
        return step.gradients(*batch, training=bool(training))


def _only_reset(op, options):
    for name in options:
        if name != "reset_metrics":
            raise TypeError(f"{op}: unknown argument {name!r}")


def flat(logs):
    """The values of ``logs``: a list, or a bare number if there is one."""
    values = list(logs.values())
    return values if len(values) > 1 else values[0]
