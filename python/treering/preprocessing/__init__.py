"""Scalers: scikit-learn's own, with the dense work done in one reading by the Rust core."""

from treering.preprocessing._scalers import MinMaxScaler, StandardScaler

__all__ = ["MinMaxScaler", "StandardScaler"]
