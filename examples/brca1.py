"""How the gene BRCA1 changed in 55 mammals: Felsenstein's pruning, fitted, and the ancestor's letters.

The alignment and the tree come with cogent3, which also tells the same log-likelihood. The tree has no lengths, so all
branches are given one; how much quicker transitions are than transversions, and how much rates vary from site to site,
are fitted.
"""

from __future__ import annotations

from pathlib import Path

import cogent3
import matplotlib as mpl
import matplotlib.figure
import numpy as np
from scipy.optimize import minimize

import catlearn as cl
from catlearn import DNA, HKY85, SiteRates

LENGTH = 0.06
"""Substitutions a site on every branch, about what the whole tree suggests."""


def by_cogent3(tree: cogent3.core.tree.PhyloNode, alignment: cogent3.core.alignment.Alignment, fit: dict, pi: dict):
    """The log-likelihood that cogent3 finds at the same numbers."""
    model = cogent3.get_model("HKY85", ordered_param="rate", distribution="gamma")
    function = model.make_likelihood_function(tree, bins=4)
    function.set_alignment(alignment)
    function.set_motif_probs(pi)
    function.set_param_rule("kappa", init=fit["kappa"])
    function.set_param_rule("rate_shape", init=fit["shape"])
    function.set_param_rule("length", init=LENGTH, is_independent=False)
    return float(function.lnL)


def main(out: str = "out") -> dict[str, float]:
    """Fit the model, compare, and look at the ancestor."""
    alignment = cogent3.get_dataset("brca1")
    tree = cogent3.get_dataset("murphy-tree").get_sub_tree(alignment.names)
    sequences = alignment.to_dict()
    counts = [sum(text.count(letter) for text in sequences.values()) for letter in "TCAG"]
    frequencies = np.array(counts) / sum(counts)
    drift = cl.kernel("drift", DNA, DNA, forward=lambda kappa: HKY85(kappa, frequencies))
    start = HKY85(1.0, frequencies).stationary("ancestor")
    model = cl.read_newick(tree.get_newick(), drift, root=start, default_length=LENGTH)
    sites = cl.sites(model, sequences, rates=lambda shape: SiteRates(shape, 4, median=True))
    found = minimize(
        lambda x: -sites.log_evidence({"kappa": np.exp(x[0]), "shape": np.exp(x[1])}),
        [1.0, 0.0],
        method="Nelder-Mead",
        options={"xatol": 1e-3, "fatol": 1e-3},
    )
    fit = dict(zip(("kappa", "shape"), np.exp(found.x).tolist(), strict=True))
    back = sites.backward(fit)
    peer = by_cogent3(tree, alignment, fit, dict(zip("TCAG", frequencies.tolist(), strict=True)))
    ancestor = back["ancestor"]
    sure = float((ancestor.max(axis=1) > 0.95).mean())
    draw(Path(out), sites, fit)
    print(
        f"{len(sequences)} mammals, {len(ancestor)} sites: log-likelihood {back.log_evidence:.3f} (cogent3 {peer:.3f})"
    )
    print(f"transitions are {fit['kappa']:.2f} times as quick; rates vary with shape {fit['shape']:.2f}")
    print(f"{sure:.0%} of the ancestor's letters are known with more than 95 %")
    return {"log_evidence": back.log_evidence, "cogent3": peer, "sure": sure, **fit}


def draw(out: Path, sites: cl.Sites, fit: dict[str, float]) -> None:
    """The log-likelihood around the fit."""
    kappas = np.linspace(0.6, 1.6, 41) * fit["kappa"]
    with mpl.rc_context({"svg.fonttype": "none"}):
        figure = mpl.figure.Figure(figsize=(6, 3.2), layout="constrained")
        axes = figure.subplots()
        axes.plot(kappas, [sites.log_evidence({**fit, "kappa": k}) for k in kappas])
        axes.axvline(fit["kappa"], color="0.6", lw=1)
        axes.set(xlabel="transitions over transversions, κ", ylabel="log-likelihood", title="BRCA1 in 55 mammals")
        out.mkdir(parents=True, exist_ok=True)
        figure.savefig(out / "brca1.svg")


if __name__ == "__main__":
    main()
