"""treering beside its peers: the same data, the same parameters, the same two cores.

The method, so that a ratio means what it says:

* one process for each case and peer, kept alive, so that libraries share no memory and no pool;
* the processes are asked in turn (A B A B ...), so that the machine's drift meets all alike;
* one round to warm up, then the median of several, with the extremes beside it; what takes too
  long is run once, and what takes far too long is ended, and the table says so;
* quality beside time: each round has a seed of its own, and scores count as equal within their
  spread from seed to seed; where a number is computed, the largest difference stands there;
* a peer that is not installed is told as such; only scikit-learn and SciPy have to be there;
* what other programs took of the processors meanwhile is measured and printed;
* numpy sorts in two ways on some processors, and SciPy is measured with both.

`python -m benches.peers forest|small|regressor|tree|onedal|predict|memory|ks|scaler|describe|
metrics|cv|all [--case TEXT] [--quick] [--json FILE]`, then `python -m benches.peers report FILE`
writes the table of `docs/benchmarks.md`.
"""
