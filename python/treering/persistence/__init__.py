"""The model file: estimators as data, never as code."""

from treering.persistence._load import load

__all__ = ["load"]
