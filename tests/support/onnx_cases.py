"""ONNX's own backend tests, sorted: those that MiniCNN runs, and why it leaves out the others.

Considered is every case whose operators are all MiniCNN's. ``python -m support.onnx_cases`` in the
folder ``tests`` prints the counts and each case left out with its reason.
"""

import contextlib
import os
import re
import warnings
from collections import Counter
from functools import lru_cache

KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator")

OTHER_TYPE = "computes in float32 and float64 only"

# Reason: names of the cases, as a pattern that is found in them.
REASONS = {
    OTHER_TYPE: (r"_u?int(8|16|32|64)(_|$)|_bool(_|$)|non_float_params|center_crop_pad"),
    "no pooling window has gaps (dilations)": r"pool_\dd_dilations|padding_dilation$",
    "pooling pads at most half a window": r"pool_2d_pads$",
    "training mode: an imported model holds inference": r"_training_mode$|test_training_dropout",
    "no layer gives Indices of a maximum": r"maxpool_with_argmax",
    "no layer gives the mask of a dropout": r"test_dropout_default_mask",
    "padding is with a constant": (
        r"test_(edge|reflect|wrap)_pad$|(Replication|Reflection)Pad2d|operator_pad$"
    ),
    "no layer gathers along any axis by any indices": (
        r"test_gather_(0|1|2d_indices|negative_indices)$"
    ),
    "tensors are not empty": (
        r"empty_set|allowzero_reordered|slice_start_out_of_bounds|split_zero_size_splits"
        r"|rotary_embedding_(3d_input_|interleaved_|no_position_ids_(interleaved_)?)?expanded"
    ),
    "a resized length is exactly the scale times the length": (
        r"resize_downsample_scales_(nearest|linear|cubic)"
        r"|resize_upsample_scales_linear_half_pixel_symmetric$"
    ),
    "resizing: half-pixel centres; nearest rounds up, cubic has a = -1/2 and ends at the edge": (
        r"resize_upsample_scales_(linear_align_corners|cubic(_align_corners|_asymmetric)?)$"
        r"|resize_(up|down)sample_sizes_(nearest|cubic|linear)"
        r"(_axes_\d_\d|_floor_align_corners|_round_prefer_ceil_asymmetric|_ceil_half_pixel"
        r"|_pytorch_half_pixel|_antialias)?$"
    ),
    "resizing keeps no aspect ratio": r"resize_.*_not_(larger|smaller)$",
    "resizing takes the whole map": r"resize_tf_crop_and_resize",
}


@contextlib.contextmanager
def quiet():
    """No warnings inside: ONNX's modules divide by zero while they make their cases."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@lru_cache
def considered():
    """``{kind: {name: (model, case)}}`` of every case whose operators are all MiniCNN's."""
    from minicnn.onnx import Backend

    found = {}
    with quiet():
        import onnx
        from onnx.backend.test.loader import load_model_tests

        for kind in KINDS:
            found[kind] = {}
            for case in load_model_tests(kind=kind):
                model = case.model or onnx.load(os.path.join(case.model_dir, "model.onnx"))
                if Backend.is_compatible(model):
                    found[kind][case.name] = model, case
    return found


def reason(name, model):
    """Why the case is left out; ``None`` if it is run."""
    if _has_other_type(model):
        return OTHER_TYPE
    return next((told for told, names in REASONS.items() if re.search(names, name)), None)


def _has_other_type(model):
    """Whether an input or output is neither of a type that is computed in, nor a parameter."""
    from onnx import TensorProto as T

    known = {T.FLOAT, T.DOUBLE, T.INT32, T.INT64, T.BOOL}
    values = [*model.graph.input, *model.graph.output]
    return any(value.type.tensor_type.elem_type not in known for value in values)


def sorted_cases():
    """``(run, left_out)``: names by kind, and reason by name by kind."""
    run, left_out = {}, {}
    for kind, cases in considered().items():
        reasons = {name: reason(name, model) for name, (model, _) in cases.items()}
        run[kind] = sorted(name for name, why in reasons.items() if why is None)
        left_out[kind] = {name: why for name, why in sorted(reasons.items()) if why}
    return run, left_out


def data_sets(case):
    """``(inputs, outputs)`` of a case, lists of arrays."""
    if case.data_sets is not None:
        return [tuple([_array(v) for v in side] for side in pair) for pair in case.data_sets]
    folder = os.path.join(case.model_dir, "test_data_set_0")
    return [(_arrays(folder, "input"), _arrays(folder, "output"))]


def _arrays(folder, kind):
    import onnx

    count = sum(name.startswith(kind) for name in os.listdir(folder))
    return [
        onnx.numpy_helper.to_array(onnx.load_tensor(os.path.join(folder, f"{kind}_{i}.pb")))
        for i in range(count)
    ]


def _array(value):
    import onnx

    return onnx.numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def report():
    """Counts, and every case left out with its reason."""
    run, left_out = sorted_cases()
    for kind in KINDS:
        print(f"{kind}: {len(run[kind])} run, {len(left_out[kind])} left out")
    for why, count in Counter(w for cases in left_out.values() for w in cases.values()).items():
        print(f"\n{why}: {count}")
        for cases in left_out.values():
            for name, told in cases.items():
                if told == why:
                    print(f"    {name}")


if __name__ == "__main__":
    report()
