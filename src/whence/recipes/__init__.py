"""The verbs, for people who never want to hear of a game; and the names the field knows them by."""

from whence.recipes.compare import compare as compare
from whence.recipes.describe_difference import describe_difference as describe_difference
from whence.recipes.drop import drop as drop
from whence.recipes.duplicates import duplicates as duplicates
from whence.recipes.explain import explain as explain
from whence.recipes.importance import importance as importance
from whence.recipes.interactions import interactions as interactions
from whence.recipes.marginal import marginal as marginal
from whence.recipes.suspects import suspects as suspects
from whence.recipes.value import value as value

sage, shap = importance, explain
