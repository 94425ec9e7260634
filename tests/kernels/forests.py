"""Random sums of trees with everything odd in them, and their games by brute force.

The judge is `TreeEnsemble.predict` on hybrid rows, over every coalition: nothing is shared with the
kernels but the form of the trees.
"""

import numpy as np

from whence._core.forms import MISSING, ZERO
from whence._core.quantised import tree_ensemble

STEPS = np.array([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0])  # thresholds; cells fall on them too
CATEGORIES = 4


class Grower:
    """Nodes of one forest, grown at random."""

    def __init__(self, rng, columns, categorical, odd, width):
        self.rng, self.columns, self.categorical, self.odd = rng, columns, categorical, odd
        self.width, self.sets = width, {}
        self.node = []  # feature, threshold, left, right, kind, cover

    def add(self, feature, cover):
        self.node.append([feature, 0.0, 0, 0, 0, cover])
        return len(self.node) - 1

    def grow(self, depth, ends, cover, lean):
        """A subtree; `ends`: how likely it stops early; `lean`: only its left side grows."""
        if depth == 0 or self.rng.random() < ends:
            return self.add(-1, cover)
        j = int(self.rng.choice(self.columns))
        here, part = self.add(j, cover), self.rng.uniform(0.1, 0.9)
        self.node[here][1] = self.rng.choice(STEPS)
        if j in self.categorical:
            many = self.rng.integers(1, CATEGORIES + 1)
            self.sets[here] = self.rng.permutation(CATEGORIES + 1)[:many]  # the last: any other
            self.node[here][4] = MISSING * self.rng.integers(2) if self.odd else 0
        elif self.odd:
            self.node[here][4] = self.rng.choice([0, MISSING, ZERO, ZERO | MISSING])
        self.node[here][2] = self.grow(depth - 1, 0 if lean else ends, part * cover, lean)
        rest = 0 if lean else depth - 1
        self.node[here][3] = self.grow(rest, ends, (1 - part) * cover, lean)
        return here


def forest(
    seed=0, columns=6, trees=5, depth=4, ends=0.15, *, categorical=(), odd=False, lean=False,
    outputs=1, vector=False, used=None, sums="float64", precision="float64", scale=1.0,
):  # fmt: skip
    """Trees of up to this depth on some of the columns.

    Args:
        odd: nodes send missing cells, and zeros with them, either way.
        lean: trees are narrow: every right child is a leaf.
        vector: leaves add to all outputs; else each tree to one, in turn.
        used: the columns that are asked, all by default.
    """
    rng = np.random.default_rng(seed)
    grower = Grower(rng, np.arange(columns) if used is None else used, categorical, odd, outputs)
    root = [grower.grow(depth, ends, 64.0, lean) for _ in range(trees)]
    feature, threshold, left, right, kind, cover = map(np.array, zip(*grower.node, strict=True))
    return tree_ensemble(
        feature=feature, threshold=threshold, left=left, right=right, kind=kind, cover=cover,
        value=scale * rng.normal(size=(len(feature), outputs if vector else 1)),
        root=np.array(root),
        target=None if vector else np.arange(trees) % outputs,
        base=rng.normal(size=outputs),
        sets=grower.sets,
        categories={j: tuple(range(CATEGORIES)) for j in categorical},
        names=[f"x{j}" for j in range(columns)],
        outputs=[f"y{o}" for o in range(outputs)],
        sums=sums,
        precision=precision,
    )  # fmt: skip


def chain(players, seed=0, base=0.0):
    """One tree that asks a player at each depth: a leaf for each, the last after all of them."""
    rng = np.random.default_rng(seed)
    inner = np.arange(players)
    feature = np.append(inner, np.full(players + 1, -1))
    left, right = np.zeros((2, 2 * players + 1), int)
    left[inner], right[inner] = inner + 1, players + 1 + inner
    left[players - 1] = players
    cover = np.append(2.0 ** -np.arange(players + 1), 2.0 ** -(1.0 + inner))
    return tree_ensemble(
        feature=feature,
        threshold=np.zeros(2 * players + 1),
        left=left,
        right=right,
        value=rng.normal(size=2 * players + 1),
        cover=cover,
        root=np.zeros(1, int),
        base=np.array([base]),
        names=[f"x{j}" for j in range(players)],
        outputs=["value"],
    )


def leaf(value=3.0, base=0.5):
    """A tree of one leaf."""
    return constant([value], base)


def constant(values, base=0.5):
    """Trees of one leaf each; none at all where there are no values."""
    none = np.zeros(len(values), int)
    return tree_ensemble(
        feature=none - 1, threshold=0.0 * none, left=none, right=none, cover=1.0 + none,
        value=np.array(values, float)[:, None], root=np.arange(len(values)), names=["x0", "x1"],
        outputs=["value"], base=np.array([base]),
    )  # fmt: skip


def cells(ensemble, rows, seed=0, odd=True):
    """Cells on thresholds and between them; zeros, gaps, infinities, categories never seen."""
    rng = np.random.default_rng(seed + 1000)
    X = rng.choice(np.append(STEPS, [-3.0, -0.7, 0.2, 0.7, 1.5, 3.0]), (rows, ensemble.n_features))
    if odd:
        X = np.where(rng.random(X.shape) < 0.1, rng.choice([0.0, -0.0, 1e-36], X.shape), X)
        X = np.where(rng.random(X.shape) < 0.1, rng.choice([np.inf, -np.inf], X.shape), X)
        X = np.where(rng.random(X.shape) < 0.15, np.nan, X)
    for j, known in enumerate(ensemble.categories):
        if known is not None:
            codes = [*range(len(known)), -1, len(known), len(known) + 7, *([np.nan] * odd)]
            X[:, j] = rng.choice(codes, rows)
    return X


def alone(ensemble):
    """Each feature a player of its own."""
    return np.arange(ensemble.n_features)


def members(players):
    """Every coalition, bool [coalitions, players]; coalition m has the bits of m."""
    return (np.arange(2**players)[:, None] >> np.arange(players)) & 1 == 1


def worths(ensemble, owner, X, pool):
    """[rows, outputs, coalitions]: the mean prediction of hybrid rows, by `predict`."""
    keep = members(owner.max() + 1)[:, owner]  # [coalitions, features]
    found = []
    for x in X:
        hybrid = np.where(keep[:, None], x, pool).reshape(-1, ensemble.n_features)
        said = ensemble.predict(hybrid).reshape(len(keep), len(pool), -1)
        found.append(said.mean(axis=1).T)
    return np.array(found).reshape(len(X), len(ensemble.base), len(keep))


def by_cover(ensemble, owner, X):
    """[rows, outputs, coalitions]: where a player is absent, both ways, by their cover."""
    keep = members(owner.max() + 1)
    codes = ensemble.encode(X)

    def below(node, row):  # [coalitions, width]
        if ensemble.feature[node] < 0:
            return np.tile(ensemble.value[node], (len(keep), 1))
        ways = [below(child[node], row) for child in (ensemble.left, ensemble.right)]
        goes = ensemble.goes_left(np.array([node]), codes[row : row + 1])[0]
        parent = ensemble.cover[node]
        share = ensemble.cover[[ensemble.left[node], ensemble.right[node]]] / parent
        mixed = share[0] * ways[0] + share[1] * ways[1]
        present = keep[:, owner[ensemble.feature[node]], None]
        return np.where(present, ways[0 if goes else 1], mixed)

    found = np.tile(ensemble.base[None, :, None], (len(X), 1, len(keep)))
    for row in range(len(X)):
        for root, target in zip(ensemble.root, ensemble.target, strict=True):
            into = slice(None) if target < 0 else slice(target, target + 1)
            found[row, into] += below(root, row).T
    return found


def semivalues(worth, index):
    """[rows, outputs, players], by the definition."""
    players = int(np.log2(worth.shape[-1]))
    coalitions = np.arange(worth.shape[-1])
    size = members(players).sum(axis=1)
    weight = np.array([index.weight(s, players) for s in range(players)])
    found = np.empty((*worth.shape[:2], players))
    for i in range(players):
        out = coalitions[coalitions >> i & 1 == 0]
        found[..., i] = (worth[..., out | 1 << i] - worth[..., out]) @ weight[size[out]]
    return found


def apart(found, wanted, worth):
    """The largest difference, of the largest worth."""
    assert found.shape == wanted.shape
    return np.abs(found - wanted).max(initial=0) / np.abs(worth).max(initial=1e-300)
