"""Metrics: Keras' numbers over several batches, with and without weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn
from minicnn import metrics

SEEDS = st.integers(0, 2**32 - 1)

# Name, settings, kind of targets, kind of predictions.
CASES = [
    ("Accuracy", {}, "labels", "labels"),
    ("BinaryAccuracy", {}, "bits", "fraction"),
    ("BinaryAccuracy", {"threshold": 0.3}, "bits", "fraction"),
    ("CategoricalAccuracy", {}, "onehot", "fraction"),
    ("SparseCategoricalAccuracy", {}, "labels", "fraction"),
    ("TopKCategoricalAccuracy", {"k": 2}, "onehot", "fraction"),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, "labels", "fraction"),
    ("MeanSquaredError", {}, "real", "real"),
    ("RootMeanSquaredError", {}, "real", "real"),
    ("MeanAbsoluteError", {}, "real", "real"),
    ("MeanAbsolutePercentageError", {}, "real", "real"),
    ("MeanSquaredLogarithmicError", {}, "fraction", "fraction"),
    ("LogCoshError", {}, "real", "real"),
    ("BinaryCrossentropy", {}, "bits", "fraction"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "bits", "real"),
    ("CategoricalCrossentropy", {}, "onehot", "fraction"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "labels", "real"),
    ("KLDivergence", {}, "fraction", "fraction"),
    ("Poisson", {}, "fraction", "fraction"),
    ("Hinge", {}, "bits", "real"),
    ("SquaredHinge", {}, "bits", "real"),
    ("CategoricalHinge", {}, "onehot", "real"),
    ("CosineSimilarity", {}, "real", "real"),
    ("Precision", {}, "bits", "fraction"),
    ("Precision", {"thresholds": 0.7}, "bits", "fraction"),
    ("Precision", {"top_k": 2}, "onehot", "fraction"),
    ("Recall", {}, "bits", "fraction"),
    ("Recall", {"class_id": 1}, "bits", "fraction"),
    ("TruePositives", {}, "bits", "fraction"),
    ("FalsePositives", {}, "bits", "fraction"),
    ("TrueNegatives", {}, "bits", "fraction"),
    ("FalseNegatives", {}, "bits", "fraction"),
    ("AUC", {}, "bits", "fraction"),
    ("AUC", {"curve": "PR"}, "bits", "fraction"),
    ("AUC", {"num_thresholds": 7, "summation_method": "minoring"}, "bits", "fraction"),
    ("AUC", {"curve": "PR", "summation_method": "majoring"}, "bits", "fraction"),
    ("AUC", {"thresholds": [0.2, 0.4, 0.9]}, "bits", "fraction"),
    ("AUC", {"multi_label": True, "num_thresholds": 20}, "bits", "fraction"),
]


def draw(kind, rows, rng):
    shape = (rows, 5)
    if kind == "real":
        return rng.normal(size=shape).astype(np.float32)
    if kind == "fraction":
        return rng.uniform(0.01, 0.99, shape).astype(np.float32)
    if kind == "bits":
        return rng.integers(0, 2, shape).astype(np.float32)
    labels = rng.integers(0, 5, rows)
    return labels if kind == "labels" else np.eye(5, dtype=np.float32)[labels]


@pytest.mark.parametrize(("name", "options", "targets", "predictions"), CASES)
@settings(max_examples=8)
@given(
    seed=SEEDS, rows=st.lists(st.integers(1, 12), min_size=1, max_size=3), weighted=st.booleans()
)
def test_results_are_those_of_keras(tf, name, options, targets, predictions, seed, rows, weighted):
    rng = np.random.default_rng(seed)
    mine, peer = getattr(metrics, name)(**options), getattr(tf.keras.metrics, name)(**options)
    for count in rows:
        y_true, y_pred = draw(targets, count, rng), draw(predictions, count, rng)
        weight = rng.uniform(0, 2, count).astype(np.float32) if weighted else None
        mine.update_state(y_true, y_pred, weight)
        # Counting metrics of Keras need a weight for each entry where labels stay apart.
        spread = weighted and options.get("multi_label")
        peer.update_state(y_true, y_pred, weight[:, None] if spread else weight)
    np.testing.assert_allclose(mine.result(), peer.result(), rtol=3e-5, atol=1e-6)
    assert isinstance(mine.result(), float)
    mine.reset_state()
    fresh = getattr(metrics, name)(**options)
    assert mine.result() == fresh.result()


@pytest.mark.parametrize(("name", "options", "targets", "predictions"), CASES)
def test_configurations_make_the_same_metric(name, options, targets, predictions, rng):
    metric = getattr(metrics, name)(**options)
    again = metrics.get({"class_name": name, "config": metric.get_config()})
    y_true, y_pred = draw(targets, 20, rng), draw(predictions, 20, rng)
    assert again(y_true, y_pred) == metric(y_true, y_pred)
    assert again.name == metric.name


@settings(max_examples=15)
@given(
    seed=SEEDS,
    rows=st.integers(1, 9),
    weighted=st.booleans(),
    ignored=st.sampled_from([None, 1]),
)
def test_mean_iou_is_that_of_keras(tf, seed, rows, weighted, ignored):
    rng = np.random.default_rng(seed)
    mine = metrics.MeanIoU(4, ignore_class=ignored)
    peer = tf.keras.metrics.MeanIoU(4, ignore_class=ignored)
    for _ in range(2):
        y_true, y_pred = rng.integers(0, 4, (2, rows, 3, 2))
        weight = rng.integers(0, 3, (rows, 3, 2)) if weighted else None
        mine.update_state(y_true, y_pred, weight)
        peer.update_state(y_true, y_pred, weight)
    np.testing.assert_allclose(mine.result(), peer.result(), rtol=1e-5)


def test_iou_of_scores_takes_the_largest():
    scores = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    metric = metrics.IoU(2, [1], sparse_y_pred=False)
    assert metric([1, 0, 0], scores) == 0.5
    assert metrics.MeanIoU(2, sparse_y_pred=False)([1, 0, 0], scores) == 0.5


@pytest.mark.parametrize("label", [-1, 4])
def test_iou_refuses_classes_that_are_none(label):
    metric = metrics.MeanIoU(4)
    with pytest.raises(ValueError, match=rf"y_pred must hold classes 0\.\.3, got .*{label}"):
        metric.update_state([0, 1], [0, label])
    assert metric.result() == 0


@settings(max_examples=15)
@given(
    seed=SEEDS, shape=st.sampled_from([(3,), (4, 2), (2, 3, 2)]), weights=st.sampled_from([0, 1, 2])
)
def test_mean_and_sum_are_those_of_keras(tf, seed, shape, weights):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=shape)
    weight = None if not weights else rng.uniform(0, 2, shape[: min(weights, len(shape))])
    for name in ("Mean", "Sum"):
        mine, peer = getattr(metrics, name)(), getattr(tf.keras.metrics, name)(dtype="float64")
        peer.update_state(values, weight)
        np.testing.assert_allclose(mine(values, weight), peer.result(), rtol=1e-6, atol=1e-9)


def test_counts_take_several_thresholds(tf, rng):
    y_true, y_pred = draw("bits", 30, rng), draw("fraction", 30, rng)
    mine, peer = metrics.Recall([0.2, 0.5, 0.8]), tf.keras.metrics.Recall([0.2, 0.5, 0.8])
    peer.update_state(y_true, y_pred)
    np.testing.assert_allclose(mine(y_true, y_pred), peer.result(), rtol=1e-6)


def test_top_k_counts_ties_and_not_nan():
    scores = np.array([[0.5, 0.5, 0.5], [np.nan, 0.2, 0.1]])
    np.testing.assert_array_equal(
        metrics.sparse_top_k_categorical_accuracy([2, 0], scores, k=1), [1, 0]
    )


@pytest.mark.parametrize(
    ("y_true", "y_pred", "kind"),
    [
        ((8,), (8, 1), metrics.BinaryAccuracy),
        ((8, 1), (8, 1), metrics.BinaryAccuracy),
        ((8,), (8, 3), metrics.SparseCategoricalAccuracy),
        ((8, 1), (8, 3), metrics.SparseCategoricalAccuracy),
        ((8, 3), (8, 3), metrics.CategoricalAccuracy),
        ((8, 4, 4), (8, 4, 4, 3), metrics.SparseCategoricalAccuracy),
    ],
)
def test_accuracy_is_picked_by_the_shapes(y_true, y_pred, kind):
    metric = metrics.of_shapes(y_true, y_pred, "acc")
    assert type(metric) is kind
    assert metric.name == "acc"


def test_a_function_is_a_metric_under_its_name():
    def largest_error(y_true, y_pred):
        return np.abs(y_true - y_pred).max(axis=-1)

    metric = metrics.get(largest_error)
    assert metric.name == "largest_error"
    assert metric(np.zeros((2, 2)), np.array([[1, 3], [0, 5]])) == 4


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: metrics.get("acuracy"), ValueError, "did you mean 'accuracy'"),
        (lambda: metrics.get(3), TypeError, "must be a name, a function or a Metric"),
        (lambda: metrics.AUC(curve="roc"), ValueError, "curve must be 'ROC' or 'PR'"),
        (lambda: metrics.AUC(num_thresholds=1), ValueError, "num_thresholds must be at least 2"),
        (lambda: metrics.AUC()([1], [1.5]), ValueError, "predictions must be in"),
        (lambda: metrics.Precision(thresholds=2), ValueError, r"thresholds must be in \[0, 1\]"),
        (lambda: metrics.Recall()([1, 0], [0.5]), ValueError, "y_true must have the shape"),
        (lambda: metrics.Mean()([1, 2], [1, 2, 3]), ValueError, "sample_weight must have"),
        (lambda: metrics.IoU(2, [2]), ValueError, "target_class_ids must be below"),
    ],
)
def test_bad_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(("name", "options", "targets", "predictions"), CASES)
def test_what_was_gathered_can_be_carried_on(name, options, targets, predictions, rng):
    metric, other = (getattr(metrics, name)(**options) for _ in range(2))
    batches = [(draw(targets, 6, rng), draw(predictions, 6, rng)) for _ in range(2)]
    metric.update_state(*batches[0])
    other.update_state(*batches[1])  # forgotten
    other.set_state(metric.get_state())
    assert other.result() == metric.result()
    for one in (metric, other):
        one.update_state(*batches[1])
    assert other.result() == metric.result()


def test_only_what_is_gathered_can_be_set():
    for name in ("fn", "__class__", "nothing"):
        with pytest.raises(ValueError, match=f"MeanSquaredError: gathers no '{name}'"):
            metrics.MeanSquaredError().set_state({name: np.zeros(1)})


def test_a_metric_written_for_keras(tf, rng):
    def written_for(keras):
        class Worst(keras.metrics.Metric):
            def __init__(self, power=1, **kwargs):
                super().__init__(**kwargs)
                self.power = power
                self.total = self.add_weight(name="total", initializer="zeros")
                self.count = self.add_weight(name="count", shape=(), initializer="zeros")

            def update_state(self, y_true, y_pred, sample_weight=None):
                worst = np.max(np.abs(np.asarray(y_true) - np.asarray(y_pred)), axis=-1)
                self.total.assign_add(np.sum(worst**self.power))
                self.count.assign_add(len(worst))

            def result(self):
                return self.total / self.count

        return Worst(power=2, name="worst")

    mine, peer = written_for(minicnn), written_for(tf.keras)
    for rows in (3, 5):
        y_true, y_pred = draw("real", rows, rng), draw("real", rows, rng)
        mine.update_state(y_true, y_pred)
        peer.update_state(y_true, y_pred)
    np.testing.assert_allclose(mine.result(), peer.result(), rtol=1e-6)
    again = type(mine)(power=2)
    again.set_state(mine.get_state())
    assert again.result() == mine.result()
    mine.reset_state()
    assert [float(variable) for variable in mine.variables] == [0, 0]
    assert mine.get_config() == {"power": 2, "name": "worst", "dtype": None}


def test_a_metric_that_resets_its_variables_itself(rng):
    class Batches(metrics.Metric):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.seen = self.add_weight("seen")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.seen.assign_add(1)

        def result(self):
            return self.seen

        def reset_state(self):
            self.seen.assign(0)

    model = minicnn.Sequential([minicnn.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[Batches()])
    history = model.fit(rng.random((9, 2)), rng.random((9, 1)), 2, epochs=2, verbose=0).history
    assert history["batches"] == [5, 5]
    assert all(isinstance(value, float) for value in history["batches"])


def test_variables_compute_like_arrays():
    variable = metrics.Variable([1.0, 2.0], "v")
    assert (variable + 1).tolist() == (1 + variable).tolist() == [2, 3]
    assert np.sum(variable) == 3
    assert variable.assign_sub(1).numpy().tolist() == [0, 1]
    assert (variable.shape, variable.dtype, variable.name) == ((2,), np.float64, "v")
    assert repr(variable) == "<Variable v shape=(2,) dtype=float64>"
