"""Timing: kernels under criterion (`benches/*.rs`), whole calls beside the peers (`peers`)."""
