"""The interval of an area under the curve."""

from __future__ import annotations

from statistics import NormalDist


def area_interval(area: float, positives: int, negatives: int, level: float) -> tuple[float, float]:
    """Interval of an area under the curve by inverting a score test.

    References
    ----------
    .. [1] R. G. Newcombe, "Confidence intervals for an effect size measure based on the
       Mann-Whitney statistic. Part 2", Statistics in Medicine 25 (2006), method 5.
    """
    z = NormalDist().inv_cdf(0.5 + level / 2)
    star = (positives + negatives) / 2 - 1

    def excess(theta: float) -> float:
        spread = 1 + star * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return (area - theta) ** 2 - z**2 * theta * (1 - theta) * spread / (positives * negatives)

    def bisect(inside: float, outside: float) -> float:
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if excess(middle) <= 0 else (inside, middle)
        return inside

    return bisect(area, 0.0), bisect(area, 1.0)
