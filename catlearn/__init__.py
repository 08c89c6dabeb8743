"""catlearn: write a model once as a string diagram; catlearn turns it round.

>>> import catlearn as cl
>>> from catlearn import Real
>>> @cl.diagram
... def layer(w: Real(10, 64), b: Real(10), x: Real(64)) -> Real(10):
...     return cl.tanh(w @ x + b)
>>> cl.reverse(layer).names
('w', 'b', 'x', 'dy')
>>> cl.compile(layer).cost().operations
1300

`from catlearn import *` brings all names but `cl.compile`, `cl.max` and `cl.sum`, which would hide Python's own.
"""

from typing import TYPE_CHECKING

from catlearn import errors
from catlearn.diagrams.bridges.discopy import from_discopy, to_discopy, to_tikz
from catlearn.diagrams.bridges.json import dumps, load, loads, save
from catlearn.diagrams.bridges.networkx import ancestors, components, from_networkx, order, reachable, to_networkx
from catlearn.diagrams.bridges.sympy import from_sympy, to_sympy
from catlearn.diagrams.diagram import (
    Beside,
    Box,
    Diagram,
    Then,
    Wires,
    copy,
    discard,
    identity,
    permutation,
    reorder,
    swap,
)
from catlearn.diagrams.drawing import draw, draw_mismatch, passes, to_dot
from catlearn.diagrams.equality import equal
from catlearn.diagrams.functor import Functor
from catlearn.diagrams.optic import Optic, Theory, lens, optic
from catlearn.diagrams.para import Para
from catlearn.diagrams.theories.boolean.reverse import POLYNOMIAL
from catlearn.diagrams.theories.derivative import forward, reverse
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.theories.markov.table import Table, channel, effect, state
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.theories.smooth.arithmetic import (
    absolute,
    add,
    broadcast_to,
    constant,
    cos,
    divide,
    exp,
    expm1,
    full,
    log,
    log1p,
    maximum,
    minimum,
    multiply,
    power,
    relu,
    select,
    sigmoid,
    sign,
    sin,
    softplus,
    sqrt,
    step,
    stop_gradient,
    subtract,
    tanh,
)
from catlearn.diagrams.theories.smooth.arrays import (
    concatenate,
    einsum,
    flip,
    logsumexp,
    matmul,
    mean,
    pad,
    reshape,
    stack,
    take,
    transpose,
)
from catlearn.diagrams.theories.smooth.arrays import max as max
from catlearn.diagrams.theories.smooth.arrays import sum as sum
from catlearn.diagrams.theories.smooth.backward import with_backward
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.theories.smooth.generator import GENERATORS, Generator, generator
from catlearn.diagrams.theories.smooth.generator import same as same_shape
from catlearn.diagrams.theories.smooth.library import (
    attention,
    conv2d,
    cross_entropy,
    layer_norm,
    log_softmax,
    max_pool,
    softmax,
    squared_error,
)
from catlearn.diagrams.theories.smooth.linear_algebra import inverse, log_determinant, solve
from catlearn.diagrams.theories.smooth.reverse import (
    SMOOTH,
    gradient,
    hessian_vector,
    jacobian,
    value_and_gradient,
)
from catlearn.diagrams.theories.smooth.scan import scan
from catlearn.diagrams.trace import diagram, trace
from catlearn.diagrams.types import Bits, Finite, Modular, Ob, Real, Saturating, Ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Graph, Wiring, flatten, graph, names, prune, unfolded
from catlearn.interpreters import circuits
from catlearn.interpreters import gradients as learn
from catlearn.interpreters.compile import compile as compile
from catlearn.interpreters.gradients.check import Report, angle, check
from catlearn.interpreters.program.compile import Compiled
from catlearn.interpreters.program.lower import implement
from catlearn.later import later

if TYPE_CHECKING:
    from catlearn.diagrams.bridges.bif import dumps_bif, loads_bif, read_bif, write_bif
    from catlearn.diagrams.bridges.dependency_graph import dependency_graph, from_dependency_graph
    from catlearn.diagrams.bridges.linear_gaussian import read_linear_gaussian, write_linear_gaussian
    from catlearn.diagrams.bridges.newick import read_newick
    from catlearn.diagrams.bridges.pgmpy import from_pgmpy, to_pgmpy
    from catlearn.diagrams.theories.markov.conditional_gaussian import ConditionalGaussian, conditional_gaussian
    from catlearn.diagrams.theories.markov.gaussian import Gaussian, gaussian, gaussian_state
    from catlearn.diagrams.theories.markov.given import Given, given
    from catlearn.diagrams.theories.markov.guided import Guided, KernelBox, kernel
    from catlearn.diagrams.theories.markov.processes.epidemic import contacts, epidemic
    from catlearn.diagrams.theories.markov.processes.gamma_process import GammaProcess
    from catlearn.diagrams.theories.markov.processes.interacting import (
        SIR,
        Frozen,
        Interacting,
        OnOwn,
        by_count,
        sir_step,
    )
    from catlearn.diagrams.theories.markov.processes.jump_process import JumpProcess, MarkovJump
    from catlearn.diagrams.theories.markov.processes.linear_sde import BrownianMotion, LinearSDE, OrnsteinUhlenbeck
    from catlearn.diagrams.theories.markov.processes.nonlinear import Nonlinear
    from catlearn.diagrams.theories.markov.processes.observation import (
        InverseGamma,
        Laplace,
        LogNormal,
        Observation,
        Tilt,
    )
    from catlearn.diagrams.theories.markov.processes.rates import SiteRates
    from catlearn.diagrams.theories.markov.processes.sde import SDE
    from catlearn.diagrams.theories.markov.processes.substitution import (
        DNA,
        GTR,
        HKY85,
        JC69,
        K80,
        Stationary,
        Substitution,
    )
    from catlearn.diagrams.theories.markov.sampled import Sampler
    from catlearn.diagrams.theories.markov.unroll import unroll
    from catlearn.interpreters.bffg.evidence.concrete import at_parameters
    from catlearn.interpreters.bffg.evidence.fisher import fisher_gradient
    from catlearn.interpreters.bffg.evidence.log_evidence import log_evidence_diagram
    from catlearn.interpreters.bffg.mcmc.posterior import Chains
    from catlearn.interpreters.bffg.paths import Paths
    from catlearn.interpreters.bffg.sampling import sample
    from catlearn.interpreters.bffg.sites.sites import Sites, sites
    from catlearn.interpreters.bffg.smoother import Smoother, bffg
    from catlearn.interpreters.markov import conjugate
    from catlearn.interpreters.markov.effects import condition, normalize, validity
    from catlearn.interpreters.markov.finite.chains.hidden_markov import HiddenMarkov, hidden_markov
    from catlearn.interpreters.markov.finite.weights import as_table
    from catlearn.interpreters.markov.gaussian import Kalman, Mixture, kalman
    from catlearn.interpreters.markov.independence import independent
    from catlearn.interpreters.markov.inference import infer
    from catlearn.interpreters.markov.inversion import almost_equal, disintegrate, invert
    from catlearn.interpreters.markov.lens import BayesianLens, LensAt, bayes
    from catlearn.interpreters.markov.weighting.weighted import Weighted
    from catlearn.interpreters.markov.weighting.weighting import likelihood_weighting

__getattr__ = later(
    __name__,
    {
        "catlearn.diagrams.bridges.bif": "dumps_bif loads_bif read_bif write_bif",
        "catlearn.diagrams.bridges.dependency_graph": "dependency_graph from_dependency_graph",
        "catlearn.diagrams.bridges.linear_gaussian": "read_linear_gaussian write_linear_gaussian",
        "catlearn.diagrams.bridges.newick": "read_newick",
        "catlearn.diagrams.bridges.pgmpy": "from_pgmpy to_pgmpy",
        "catlearn.diagrams.theories.markov.conditional_gaussian": "ConditionalGaussian conditional_gaussian",
        "catlearn.diagrams.theories.markov.gaussian": "Gaussian gaussian gaussian_state",
        "catlearn.diagrams.theories.markov.given": "Given given",
        "catlearn.diagrams.theories.markov.guided": "Guided KernelBox kernel",
        "catlearn.diagrams.theories.markov.processes.epidemic": "contacts epidemic",
        "catlearn.diagrams.theories.markov.processes.gamma_process": "GammaProcess",
        "catlearn.diagrams.theories.markov.processes.interacting": "SIR Frozen Interacting OnOwn by_count sir_step",
        "catlearn.diagrams.theories.markov.processes.jump_process": "JumpProcess MarkovJump",
        "catlearn.diagrams.theories.markov.processes.linear_sde": "BrownianMotion LinearSDE OrnsteinUhlenbeck",
        "catlearn.diagrams.theories.markov.processes.nonlinear": "Nonlinear",
        "catlearn.diagrams.theories.markov.processes.observation": "InverseGamma Laplace LogNormal Observation Tilt",
        "catlearn.diagrams.theories.markov.processes.rates": "SiteRates",
        "catlearn.diagrams.theories.markov.processes.sde": "SDE",
        "catlearn.diagrams.theories.markov.processes.substitution": "DNA GTR HKY85 JC69 K80 Stationary Substitution",
        "catlearn.diagrams.theories.markov.sampled": "Sampler",
        "catlearn.diagrams.theories.markov.unroll": "unroll",
        "catlearn.interpreters.bffg.evidence.concrete": "at_parameters",
        "catlearn.interpreters.bffg.evidence.fisher": "fisher_gradient",
        "catlearn.interpreters.bffg.evidence.log_evidence": "log_evidence_diagram",
        "catlearn.interpreters.bffg.mcmc.posterior": "Chains",
        "catlearn.interpreters.bffg.paths": "Paths",
        "catlearn.interpreters.bffg.sampling": "sample",
        "catlearn.interpreters.bffg.sites.sites": "Sites sites",
        "catlearn.interpreters.bffg.smoother": "Smoother bffg",
        "catlearn.interpreters.markov": "conjugate",
        "catlearn.interpreters.markov.effects": "condition normalize validity",
        "catlearn.interpreters.markov.finite.chains.hidden_markov": "HiddenMarkov hidden_markov",
        "catlearn.interpreters.markov.finite.weights": "as_table",
        "catlearn.interpreters.markov.gaussian": "Kalman Mixture kalman",
        "catlearn.interpreters.markov.independence": "independent",
        "catlearn.interpreters.markov.inference": "infer",
        "catlearn.interpreters.markov.inversion": "almost_equal disintegrate invert",
        "catlearn.interpreters.markov.lens": "BayesianLens LensAt bayes",
        "catlearn.interpreters.markov.weighting.weighted": "Weighted",
        "catlearn.interpreters.markov.weighting.weighting": "likelihood_weighting",
    },
    globals(),
)

__all__ = [
    "DNA",
    "GENERATORS",
    "GTR",
    "HKY85",
    "JC69",
    "K80",
    "POLYNOMIAL",
    "SDE",
    "SIR",
    "SMOOTH",
    "BayesianLens",
    "Beside",
    "Bits",
    "Box",
    "BrownianMotion",
    "Chains",
    "Compiled",
    "ConditionalGaussian",
    "Diagram",
    "Finite",
    "Frozen",
    "Functor",
    "GammaProcess",
    "Gaussian",
    "Generator",
    "Given",
    "Graph",
    "Guided",
    "HiddenMarkov",
    "Interacting",
    "InverseGamma",
    "JumpProcess",
    "Kalman",
    "Kernel",
    "KernelBox",
    "Laplace",
    "LensAt",
    "LinearSDE",
    "LogNormal",
    "MarkovJump",
    "Mixture",
    "Modular",
    "Nonlinear",
    "Ob",
    "Observation",
    "OnOwn",
    "Optic",
    "OrnsteinUhlenbeck",
    "Para",
    "Paths",
    "Real",
    "Report",
    "Sampler",
    "Saturating",
    "SiteRates",
    "Sites",
    "Smoother",
    "Stationary",
    "Substitution",
    "Table",
    "Then",
    "Theory",
    "Tilt",
    "Ty",
    "Weighted",
    "Wire",
    "Wires",
    "Wiring",
    "absolute",
    "add",
    "almost_equal",
    "ancestors",
    "angle",
    "as_table",
    "at_parameters",
    "attention",
    "batch",
    "bayes",
    "bffg",
    "broadcast_to",
    "by_count",
    "channel",
    "check",
    "circuits",
    "components",
    "concatenate",
    "condition",
    "conditional_gaussian",
    "conjugate",
    "constant",
    "contacts",
    "conv2d",
    "copy",
    "cos",
    "cross_entropy",
    "dependency_graph",
    "diagram",
    "discard",
    "disintegrate",
    "divide",
    "draw",
    "draw_mismatch",
    "dumps",
    "dumps_bif",
    "effect",
    "einsum",
    "epidemic",
    "equal",
    "errors",
    "exp",
    "expm1",
    "fisher_gradient",
    "flatten",
    "flip",
    "forward",
    "from_dependency_graph",
    "from_discopy",
    "from_networkx",
    "from_pgmpy",
    "from_sympy",
    "full",
    "gaussian",
    "gaussian_state",
    "generator",
    "given",
    "gradient",
    "graph",
    "hessian_vector",
    "hidden_markov",
    "identity",
    "implement",
    "independent",
    "infer",
    "inverse",
    "invert",
    "jacobian",
    "kalman",
    "kernel",
    "layer_norm",
    "learn",
    "lens",
    "likelihood_weighting",
    "load",
    "loads",
    "loads_bif",
    "log",
    "log1p",
    "log_determinant",
    "log_evidence_diagram",
    "log_softmax",
    "logsumexp",
    "matmul",
    "max_pool",
    "maximum",
    "mean",
    "minimum",
    "multiply",
    "names",
    "normalize",
    "optic",
    "order",
    "pad",
    "passes",
    "permutation",
    "power",
    "prune",
    "reachable",
    "read_bif",
    "read_linear_gaussian",
    "read_newick",
    "relu",
    "reorder",
    "reshape",
    "reverse",
    "same_shape",
    "sample",
    "save",
    "scan",
    "select",
    "sigmoid",
    "sign",
    "sin",
    "sir_step",
    "sites",
    "softmax",
    "softplus",
    "solve",
    "sqrt",
    "squared_error",
    "stack",
    "state",
    "step",
    "stop_gradient",
    "subtract",
    "swap",
    "take",
    "tanh",
    "to_discopy",
    "to_dot",
    "to_networkx",
    "to_pgmpy",
    "to_sympy",
    "to_tikz",
    "trace",
    "transpose",
    "unfolded",
    "unroll",
    "validity",
    "value_and_gradient",
    "variables",
    "with_backward",
    "write_bif",
    "write_linear_gaussian",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
