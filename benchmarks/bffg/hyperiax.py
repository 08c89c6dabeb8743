"""How hyperiax answers: its prebuilt sweeps over a tree, compiled, in double precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.bffg.traits import LENGTH, NOISE, Trait
from benchmarks.markov.case import Question
from benchmarks.measure import once

__all__ = ["NAME", "Sweeps", "there"]

NAME = "hyperiax"


def there() -> bool:
    """Whether it is installed."""
    return bool(find_spec("jax") and find_spec(NAME))


@dataclass(frozen=True, eq=False)
class Sweeps:
    """Its sweeps for a problem.

    Attributes:
        tree: with observations, and a root that is pinned to zero.
        up, down: the sweeps.
    """

    tree: Any
    up: Callable[[Any], Any]
    down: Callable[[Any], Any]

    @classmethod
    def of(cls, trait: Trait) -> Sweeps:
        """The sweeps, not compiled yet."""
        import jax

        jax.config.update("jax_enable_x64", True)
        import jax.numpy as jnp
        from hyperiax import Schema, Topology, Tree
        from hyperiax.prebuilt import bffg

        d, identity = trait.y.shape[1], jnp.eye(trait.y.shape[1])
        true = trait.truth * LENGTH * identity
        guide = true if trait.guide is None else trait.guide * LENGTH * identity
        tree = Tree.empty(Topology.from_parents(trait.parents), Schema.from_dict(bffg.discrete_schema(d)))
        tree = bffg.init_discrete_tree(tree, jnp.asarray(trait.y), NOISE, d=d, root_val=jnp.zeros(d))
        linear = (lambda x, p: identity, lambda x, p: jnp.zeros(d), lambda x, p: guide)
        down = bffg.discrete_fg_sweep(lambda x, p: x, lambda x, p: true, *linear)
        return cls(tree, jax.jit(bffg.discrete_bf_sweep(*linear)), jax.jit(down))

    def backward(self) -> tuple[Question, float]:
        """The pass up, and the seconds that its first call takes."""
        import jax

        return self._timed(lambda _: jax.block_until_ready(self.up(self.tree)), _messages)

    def forward(self, z: Any) -> tuple[Question, float]:
        """The pass down with normals (d, n, 1), and the seconds that its first call takes."""
        import jax
        import jax.numpy as jnp

        tree = jax.block_until_ready(self.up(self.tree).set(z=jnp.asarray(z[:, :, 0].T)))
        return self._timed(lambda _: jax.block_until_ready(self.down(tree)), _sample)

    def several(self, z: Any) -> tuple[Question, float]:
        """Many passes down at once with normals (d, n, s), and the seconds that the first call takes."""
        import jax
        import jax.numpy as jnp

        tree, normals = jax.block_until_ready((self.up(self.tree), jnp.asarray(np.transpose(z, (2, 1, 0)))))

        def one(given: Any) -> Any:
            made = self.down(tree.set(z=given))
            return made.val, made.log_corr.sum()

        run = jax.jit(jax.vmap(one))
        read = lambda found: [np.transpose(found[0], (2, 1, 0)), found[1]]  # noqa: E731
        return self._timed(lambda _: jax.block_until_ready(run(normals)), read)

    def _timed(self, ask: Callable[[Any], Any], read: Callable[[Any], list[Any]]) -> tuple[Question, float]:
        return Question(ask, read), once(lambda: ask(None))


def _messages(tree: Any) -> list[Any]:
    return [tree.log_norm, tree.ptnl.T, np.moveaxis(np.asarray(tree.prec), 0, -1)]


def _sample(tree: Any) -> list[Any]:
    return [np.asarray(tree.val).T[:, :, None], np.asarray(tree.log_corr).sum(keepdims=True)]
