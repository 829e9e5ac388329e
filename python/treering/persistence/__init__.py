"""The model file: estimators as data, never as code."""

from treering.persistence._load import load
from treering.persistence._save import save

__all__ = ["load", "save"]
