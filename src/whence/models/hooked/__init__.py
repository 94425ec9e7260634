"""Torch modules with hook points: found by structure, read and changed by plain torch hooks."""

from whence.models.hooked.adapter import Adapter as Adapter
from whence.models.hooked.inputs import Inputs as Inputs
from whence.models.hooked.model import HookedModel as HookedModel
from whence.models.hooked.sites import Site as Site
