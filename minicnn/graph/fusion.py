"""Which neighbouring nodes of a network run as one step.

A layer takes part by its role; ``layers.fused`` says which type of layer has which, and how a chain
of roles runs. Only what nobody else reads is left out: an inner tensor of a chain has one reader
and is no output of the network. Another network over the same nodes finds other chains.

============== =============================================================
padding        zeros around the maps of a linear layer
linear         a convolution or dense layer
light          a convolution of a few products each: its maps are quickly made again for the
               linear layer that reads them; before none, it is linear
normalization  batch normalization
sum            of two tensors; the other one comes from outside the chain
activation     element by element
pooling        the largest of each window; ends what a linear layer begins
============== =============================================================
"""

# Filled by ``layers.fused``: type of layer -> role, and the role a chain is run by -> its class.
ROLES: dict[type, str] = {}
RUNNERS: dict[str, type] = {}

_AFTER = {
    "padding": ("activation", "normalization", "light"),
    "linear": ("padding", "activation", "normalization", "light"),
    "light": ("padding", "activation", "normalization", "light"),
    "normalization": (),
    "sum": ("normalization",),
    "activation": ("sum", "normalization", "linear", "light"),
    "pooling": ("activation", "linear", "light"),
}
# Without a backward pass a normalization is an affine map of what comes before it, and no maps are
# kept that could be spared.
_AFTER_FOLDED = {
    **_AFTER,
    "padding": (),
    "linear": ("padding",),
    "light": ("padding",),
    "normalization": ("linear", "light"),
    "pooling": (),
}


def find_chains(network, folding):
    """Lists of indices of nodes, each in the order of the network; no node is in two of them.

    Parameters
    ----------
    network : Network
    folding : bool
        Whether normalizations with fixed statistics may join the linear layer before them.
    """
    after = _AFTER_FOLDED if folding else _AFTER
    makers = {slot: i for i, (_, written) in enumerate(network.slots) for slot in written}
    readers = [0] * network.tensors
    for read, _ in network.slots:
        for slot in read:
            readers[slot] += 1
    for slot in network.output_slots:
        readers[slot] += 2  # may be read by anybody
    taken, chains = set(), []
    for last in range(len(network.nodes) - 1, -1, -1):
        if last in taken:
            continue
        chain = [last]
        while (before := _predecessor(network, chain[0], after, makers, readers)) is not None:
            if before in taken:
                break
            chain.insert(0, before)
        is_output = readers[network.slots[last][1][0]] > 1
        chain = _trimmed(chain, _roles([network.nodes[i].layer for i in chain]), is_output)
        if len(chain) > 1:
            taken.update(chain)
            chains.append(chain)
    return chains[::-1]


def _trimmed(chain, roles, is_output):
    """The part of a chain that can run as one.

    A normalization or a light layer stands before a linear one only with at most an activation
    between them, and not where the loss may take over the activation of the linear layer.
    """
    if "linear" not in roles:
        end = -1 if roles[-1] in ("padding", "pooling") else None
        return chain[roles[0] == "sum" : end]  # a sum of what cannot be fused
    start = _linear_start(roles)
    before = roles[:start]
    for first in ("normalization", "light"):
        for known in ([first, "activation"], [first]):
            if before[-len(known) :] == known and not is_output:
                return chain[start - len(known) :]
    return chain[start:]


def _linear_start(roles):
    """Index of the last linear layer, or of its padding."""
    last = len(roles) - 1 - roles[::-1].index("linear")
    return last - 1 if last > 0 and roles[last - 1] == "padding" else last


def _role(layer):
    role = ROLES.get(type(layer))
    return "light" if role == "linear" and getattr(layer, "is_light", False) else role


def _roles(layers):
    """The roles in a chain; the last linear layer is linear, were it light."""
    roles = [_role(layer) for layer in layers]
    for index in range(len(roles) - 1, -1, -1):
        if roles[index] in ("linear", "light"):
            roles[index] = "linear"
            break
    return roles


def _predecessor(network, index, after, makers, readers):
    """The node that can run in one step with node ``index``, which reads its only output."""
    node, (read, _) = network.nodes[index], network.slots[index]
    role = _role(node.layer)
    wanted = after.get(role, ())
    if not wanted or len(read) != (2 if role == "sum" else 1):
        return None
    found = [
        makers[slot]
        for slot in read
        if readers[slot] == 1
        and slot in makers
        and _role(network.nodes[makers[slot]].layer) in wanted
        and network.nodes[makers[slot]].training == node.training
    ]
    return max(found, default=None)


def make_runner(layers):
    """What runs these layers as one, each given with its role; see ``layers.fused``."""
    roles = _roles(layers)
    if roles[0] in ("normalization", "light") and "linear" in roles:
        start = _linear_start(roles)
        return RUNNERS["recomputed"](make_runner(layers[:start]), make_runner(layers[start:]))
    folded = "linear" in roles and "normalization" in roles
    key = "folded" if folded else "normalization" if "normalization" in roles else "linear"
    key = "pooled" if "pooling" in roles else key
    return RUNNERS[key](**dict(zip(roles, layers)))
