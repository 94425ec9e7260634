"""Tree models as plain arrays: one file for each library, imported when such a model turns up."""

from whence._core.forms import TreeEnsemble
from whence.models.trees.leaf import leaf, opened


def read_trees(model: object) -> TreeEnsemble:
    """A tree model as plain arrays, which answer as the model does before any link.

    Args:
        model: a fitted tree, forest or boosted model of scikit-learn, XGBoost, LightGBM or
            CatBoost; a search for one; a path to a model file; "pkg.mod:object"; or what this
            function returned, which comes back as it is.

    Raises:
        ModelError: the model is not fitted, or a file is not what it says.
        UnsupportedModelError: no sum of trees, or one that cannot be read exactly.
    """
    owner = opened(model)
    if isinstance(owner, TreeEnsemble):
        return owner
    return leaf(owner).read(owner)  # type: ignore[no-any-return]
