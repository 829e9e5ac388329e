"""treering beside scikit-learn and SciPy: the same data, the same parameters, the same two cores.

The method, so that a ratio means what it says:

* one process for each case and peer, kept alive, so that libraries share no memory and no pool;
* the processes are asked in turn (A B A B ...), so that the machine's drift meets all alike;
* one round to warm up, then the median of several, with the extremes beside it;
* quality beside time: accuracy where a model is trained, the largest difference where a number is
  computed;
* what other programs took of the processors meanwhile is measured and printed;
* numpy sorts in two ways on some processors, and SciPy is measured with both.

`python -m benches.peers forest|predict|ks|scaler|metrics|cv|all [--quick] [--json FILE]`, then
`python -m benches.peers report FILE` writes the table of `docs/benchmarks.md`.
"""
