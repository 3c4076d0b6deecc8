"""Which neighbouring nodes of a network run as one step.

A layer takes part by its role; ``layers.fused`` says which type of layer has which, and how a chain
of roles runs. Only what nobody else reads is left out: an inner tensor of a chain has one reader
and is no output of the network. Another network over the same nodes finds other chains.

============== =============================================================
padding        zeros around the maps of a linear layer
linear         a convolution or dense layer
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
    "linear": ("padding",),
    "normalization": (),
    "sum": ("normalization",),
    "activation": ("sum", "normalization", "linear"),
    "pooling": ("activation", "linear"),
}
# Without a backward pass a normalization is an affine map of what comes before it, and there is
# nothing that pooling could spare.
_AFTER_FOLDED = {**_AFTER, "normalization": ("linear",), "pooling": ()}


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
        chain = _trimmed(chain, [_role(network.nodes[i]) for i in chain])
        if len(chain) > 1:
            taken.update(chain)
            chains.append(chain)
    return chains[::-1]


def _trimmed(chain, roles):
    """The part of a chain that can run as one."""
    if "pooling" in roles and "linear" not in roles:
        chain = chain[:-1]
    return chain[1:] if roles[0] == "sum" else chain  # a sum of what cannot be fused


def _role(node):
    return ROLES.get(type(node.layer))


def _predecessor(network, index, after, makers, readers):
    """The node that can run in one step with node ``index``, which reads its only output."""
    node, (read, _) = network.nodes[index], network.slots[index]
    wanted = after.get(_role(node), ())
    if not wanted or len(read) != (2 if _role(node) == "sum" else 1):
        return None
    found = [
        makers[slot]
        for slot in read
        if readers[slot] == 1
        and slot in makers
        and _role(network.nodes[makers[slot]]) in wanted
        and network.nodes[makers[slot]].training == node.training
    ]
    return max(found, default=None)


def make_runner(layers):
    """What runs these layers as one, each given with its role; see ``layers.fused``."""
    roles = [ROLES[type(layer)] for layer in layers]
    folded = "linear" in roles and "normalization" in roles
    key = "folded" if folded else "normalization" if "normalization" in roles else "linear"
    key = "pooled" if "pooling" in roles else key
    return RUNNERS[key](**dict(zip(roles, layers)))
