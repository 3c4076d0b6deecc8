"""The connections of Keras' functional models, of every era, as one list of calls.

Keras keeps with each layer a list of its calls (``inbound_nodes``), each naming the tensors it
read as ``[layer, call, output]``. Here they become the nodes of ``models.config``, in an order in
which they can be made.
"""

from collections import deque

from ..errors import FormatError
from ..layers.base import registry
from ..layers.merging import Concatenate, Merge

SHAPES = ("batch_input_shape", "batch_shape", "input_shape")

# Operators on tensors: Keras 3's classes, and the functions of tf.keras 2's TFOpLambda.
_OPERATORS = {
    "Add": "add",
    "Subtract": "subtract",
    "Multiply": "multiply",
    "Divide": "divide",
    "TrueDivide": "divide",
    "Power": "power",
    "math.add": "add",
    "__operators__.add": "add",
    "math.subtract": "subtract",
    "math.multiply": "multiply",
    "math.truediv": "divide",
    "math.divide": "divide",
    "math.pow": "power",
}
_MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
}
_IGNORED = ("mask", "name", "initial_state", "constants")


def connect(layers, plain):
    """Layers and calls of a graph.

    Parameters
    ----------
    layers : dict
        Name to ``(description, inbound_nodes)``.
    plain : callable
        Frees a value of Keras' wrappings.

    Returns
    -------
    layers, nodes : list
        As in ``models.config``.

    Raises
    ------
    FormatError
        If a call reads what no call makes, or a circle of calls reads one another.
    """
    calls = {}
    made = []
    for name, (description, inbound) in layers.items():
        if not isinstance(inbound, list):
            raise FormatError("inbound_nodes must be a list", key=name)
        found = [_call(node, name, plain) for node in inbound]
        made.append(_operator(description, found, name))
        calls.update({(name, index): call for index, call in enumerate(found)})
    begins = {(name, 0) for name, (description, _) in layers.items() if _is_input(description)}
    order = _sorted(calls, begins)
    listing = {name: _takes_list(description) for name, (description, _) in layers.items()}
    return made, [_node(key[0], calls[key], listing[key[0]]) for key in order]


def ends(config, key):
    """Input or output tensors of the graph: one, a list, or a dict of them."""
    value = config.get(key)
    if isinstance(value, dict):
        return {name: _reference(item, key) for name, item in value.items()}
    if not isinstance(value, list) or not value:
        raise FormatError("must be a list of tensors", key=key)
    if isinstance(value[0], str):
        value = [value]
    return [_reference(item, key) for item in value]


def _is_input(description):
    return description["class_name"] == "InputLayer"


def _takes_list(description):
    """Whether the layer takes a list, even of one tensor."""
    name = description["class_name"]
    found = registry.find(name) if name in registry else None
    return isinstance(found, type) and issubclass(found, (Merge, Concatenate))


def _reference(value, key):
    """``[layer, call, output]``, checked."""
    good = isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str)
    if not good or not all(type(number) is int and number >= 0 for number in value[1:3]):
        raise FormatError(f"must be [layer, call, output], got {value!r}", key=key)
    return value[:3]


def _call(node, name, plain):
    """``{"args", "training"}`` of one call: tensors as references, lists of them, constants."""
    if isinstance(node, dict):
        arguments = node.get("args"), node.get("kwargs") or {}
        if not isinstance(arguments[0], list) or not isinstance(arguments[1], dict):
            raise FormatError("a call must have args and kwargs", key=name)
        args = [_argument(value, name, plain) for value in arguments[0]]
        keywords = {key: _argument(value, name, plain) for key, value in arguments[1].items()}
    elif isinstance(node, list) and node:
        node = [node] if isinstance(node[0], str) else node
        args = [_Tensor(_reference(value, name)) for value in node]
        keywords = node[-1][3] if len(node[-1]) > 3 else {}
        if not isinstance(keywords, dict):
            raise FormatError(f"a call's arguments must be a dict, got {keywords!r}", key=name)
        keywords = dict(keywords)
        args = args if len(args) == 1 else [args]
    else:
        raise FormatError("a call must name its inputs", key=name)
    training = keywords.pop("training", None) if keywords else None
    if "y" in keywords:
        other = keywords["y"]
        is_tensor = isinstance(other, list) and bool(other) and isinstance(other[0], str)
        args.append(_Tensor(_reference(other, name)) if is_tensor else plain(other))
    for key, value in keywords.items():
        if key != "y" and key not in _IGNORED and value is not None:
            raise FormatError(f"call argument {key}={value!r} is not supported", key=name)
    if training not in (None, True, False):
        raise FormatError(f"training must be true or false, got {training!r}", key=name)
    return {"args": args, "training": training}


class _Tensor:
    """A reference, told apart from constants."""

    def __init__(self, reference):
        self.reference = reference


def _argument(value, name, plain):
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        config = value.get("config")
        history = config.get("keras_history") if isinstance(config, dict) else None
        return _Tensor(_reference(history, name))
    if isinstance(value, list):
        return [_argument(item, name, plain) for item in value]
    return plain(value)


def _operator(description, calls, name):
    """The layer itself; an operator of tensors and constants as our ``Arithmetic``."""
    class_name, config = description["class_name"], description["config"]
    if class_name == "Merge":
        mode = config.get("mode")
        if mode not in _MERGES:
            raise FormatError(f"Merge of mode {mode!r} is not supported", key=name)
        kept = {"name": name, **({"axis": config["axis"]} if mode == "concat" else {})}
        return {"class_name": _MERGES[mode], "config": kept}
    function = config.get("function") if class_name == "TFOpLambda" else class_name
    operands = calls[0]["args"] if calls else []
    if class_name != "TFOpLambda" and len(operands) < 2:
        return description
    if function not in _OPERATORS or len(calls) != 1 or len(operands) != 2:
        raise FormatError(f"{class_name} of {len(operands)} arguments is not supported", key=name)
    constants = [None if isinstance(value, _Tensor) else value for value in operands]
    both = all(value is None for value in constants)
    settings = {"operation": _OPERATORS[function], "constants": None if both else constants}
    return {"class_name": "Arithmetic", "config": {"name": name, **settings}}


def _sorted(calls, begins):
    """Keys of ``calls`` so that each comes after those whose tensors it reads."""
    readers, missing = {}, {}
    for key, call in calls.items():
        needs = {tuple(tensor.reference[:2]) for tensor in _tensors(call["args"])} - begins
        if key[1]:
            needs.add((key[0], key[1] - 1))
        missing[key] = len(needs)
        for other in needs:
            readers.setdefault(other, []).append(key)
    ready = deque(key for key, count in missing.items() if count == 0)
    order = []
    while ready:
        key = ready.popleft()
        order.append(key)
        for reader in readers.get(key, ()):
            missing[reader] -= 1
            if missing[reader] == 0:
                ready.append(reader)
    if len(order) < len(calls):
        left = next(key[0] for key in calls if missing[key])
        raise FormatError("reads a tensor that nothing before it makes", key=left)
    return order


def _tensors(values):
    found = []
    for value in values:
        if isinstance(value, _Tensor):
            found.append(value)
        elif isinstance(value, list):
            found += _tensors(value)
    return found


def _node(name, call, takes_list):
    """One node of ``models.config``."""
    args = call["args"]
    read = [tensor.reference for tensor in _tensors(args)]
    if not read:
        raise FormatError("a call must read a tensor", key=name)
    several = takes_list or len(read) > 1 or isinstance(args[0], list)
    node = {"layer": name, "inputs": read if several else read[0]}
    if call["training"] is not None:
        node["training"] = call["training"]
    return node
