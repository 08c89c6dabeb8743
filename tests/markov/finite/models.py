"""Random finite models, and their joint distribution written out, which is what engines must never do."""

import numpy as np

from catlearn import Finite, Ty, channel, effect, graph
from catlearn.interpreters.markov.finite.network import network


def random_model(seed, boxes=6, zeros=0.3):
    """A diagram of up to so many boxes: states, channels with one or two outputs, effects; wires copied and dropped."""
    random = np.random.default_rng(seed)
    steps, wires = [], []
    for k in range(int(random.integers(1, boxes + 1))):
        reads = [int(i) for i in random.choice(len(wires), min(len(wires), int(random.integers(0, 4))))]
        dom = Ty.of(wires[i] for i in reads)
        if reads and random.random() < 0.2:
            likelihood = random.random([len(ob.sizes) for ob in dom.obs]) * 3 + 0.01
            steps.append((effect(f"seen{k}", dom, likelihood), reads))
            continue
        cod = Ty()
        for _ in range(int(random.integers(1, 3))):
            cod = cod @ Finite(*"abcd"[: int(random.integers(1, 5))])
        steps.append((channel(f"v{k}", dom, cod, rows(random, dom, cod, zeros)), reads))
        wires.extend(cod.obs)
    outputs = [int(i) for i in random.choice(len(wires), int(random.integers(0, 4)))] if wires else []
    return graph(Ty(), steps, outputs)


def rows(random, dom, cod, zeros):
    """Random distributions, some of whose entries are 0."""
    shape = [len(ob.sizes) for ob in (*dom.obs, *cod.obs)]
    table = random.random(shape) * (random.random(shape) > zeros)
    flat = table.reshape(-1, int(np.prod(shape[len(dom) :])))
    flat[flat.sum(axis=1) == 0, 0] = 1.0
    return (flat / flat.sum(axis=1, keepdims=True)).reshape(shape)


def random_evidence(seed, model):
    """Hard, soft and set findings about some of the variables."""
    random, net = np.random.default_rng(seed), network(model)
    found = {}
    for name, outcomes in zip(net.variables, net.outcomes, strict=True):
        kind = random.integers(0, 6)
        chosen = str(outcomes[random.integers(len(outcomes))])
        if kind == 0:
            found[name] = chosen
        elif kind == 1:
            found[name] = {chosen, outcomes[0]}
        elif kind == 2:
            found[name] = {o: float(random.random() * 2) for o in outcomes}
        elif kind == 3:
            found[name] = None
    return found


def dense(model, evidence=None, change=lambda number, values: values):
    """The product of all tables and all findings, with an axis for every variable."""
    net = network(model)
    total = np.full(net.sizes, np.exp(net.log_scale))
    for number, factor in enumerate(net.factors):
        order = np.argsort(factor.scope)
        shape = [net.sizes[v] if v in factor.scope else 1 for v in range(total.ndim)]
        total = total * change(number, factor.table).transpose(order).reshape(shape)
    for name, finding in (evidence or {}).items():
        v = net.variables.index(name)
        total = total * likelihood(net.outcomes[v], finding).reshape([-1 if u == v else 1 for u in range(total.ndim)])
    return total


def likelihood(outcomes, finding):
    """How likely a finding is under each outcome."""
    if finding is None:
        return np.ones(len(outcomes))
    if isinstance(finding, dict):
        return np.array([finding.get(o, 0.0) for o in outcomes])
    return np.array([float(o in finding if isinstance(finding, set) else o == finding) for o in outcomes])


def marginal(total, v):
    """The distribution of one variable, from all of them together."""
    return total.sum(axis=tuple(u for u in range(total.ndim) if u != v)) / total.sum()
