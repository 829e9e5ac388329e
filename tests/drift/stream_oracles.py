"""Detectors of streams written down as they were published: slowly, and each in a few lines.

A function takes a stream and returns the places of the warnings and of the drifts.
"""

import math

import numpy as np


def page_hinkley(stream, n_min=30, delta=0.005, threshold=50.0, alpha=0.9999, mode="both"):
    drifts, seen, rises, falls = [], [], [], []
    for place, x in enumerate(stream):
        seen.append(x)
        apart = x - np.mean(seen)
        rises.append(alpha * (rises[-1] if rises else 0) + apart - delta)
        falls.append(alpha * (falls[-1] if falls else 0) + apart + delta)
        up, down = rises[-1] - min(rises), max(falls) - falls[-1]
        tests = {"up": up, "down": down, "both": max(up, down)}
        if len(seen) >= n_min and tests[mode] > threshold:
            drifts.append(place)
            seen, rises, falls = [], [], []
    return [], drifts


def cusum(stream, mean=None, std=None, slack=0.5, threshold=5.0, warm_start=100):
    drifts, learned, up, down = [], [], 0.0, 0.0
    for place, x in enumerate(stream):
        if mean is None and len(learned) < warm_start:
            learned.append(x)
            continue
        centre = np.mean(learned) if mean is None else mean
        spread = np.std(learned, ddof=1) if mean is None else std
        z = (x - centre) / spread
        up, down = max(0.0, up + z - slack), max(0.0, down - z - slack)
        if max(up, down) > threshold:
            drifts.append(place)
            learned, up, down = [], 0.0, 0.0
    return [], drifts


def ddm(stream, warm_start=30, warning=2.0, drift=3.0):
    warnings, drifts, seen, least = [], [], [], None
    for place, x in enumerate(stream):
        seen.append(x)
        p = np.mean(seen)
        s = math.sqrt(p * (1 - p) / len(seen))
        if len(seen) <= warm_start or p == 0:
            continue
        if least is None or p + s <= sum(least):
            least = (p, s)
        if p + s > least[0] + drift * least[1]:
            drifts.append(place)
            seen, least = [], None
        elif p + s > least[0] + warning * least[1]:
            warnings.append(place)
    return warnings, drifts


def eddm(stream, warm_start=30, alpha=0.95, beta=0.9):
    warnings, drifts = [], []
    start, errors, most, level = 0, [], 0.0, ""
    for place, x in enumerate(stream):
        if x:
            errors.append(place - start + 1)
            gaps = np.diff([0, *errors])
            if place - start + 1 > warm_start:
                now = np.mean(gaps) + 2 * (np.std(gaps, ddof=1) if len(gaps) > 1 else 0.0)
                if now > most:
                    most = now
                elif len(gaps) > warm_start:
                    share = now / most
                    level = "drift" if share < beta else "warning" if share < alpha else ""
        if level == "drift":
            drifts.append(place)
            start, errors, most, level = place + 1, [], 0.0, ""
        elif level == "warning":
            warnings.append(place)
    return warnings, drifts


def hddm_a(stream, drift=0.001, warning=0.005, two_sided=False):
    warnings, drifts, seen, low, high = [], [], [], 0, 0

    def error(count):
        return math.sqrt(math.log(1 / drift) / (2 * count))

    def has_changed(confidence):
        n, total = len(seen), np.mean(seen)
        found = []
        for cut, sign in ((low, 1), (high, -1)):
            if cut < n and (two_sided or sign == 1):
                bound = math.sqrt((n - cut) / (cut * n) / 2 * math.log(2 / confidence))
                found.append(sign * (total - np.mean(seen[:cut])) >= bound)
        return any(found)

    for place, x in enumerate(stream):
        seen.append(x)
        n, total = len(seen), np.mean(seen)
        if not low or np.mean(seen[:low]) + error(low) >= total + error(n):
            low = n
        if not high or np.mean(seen[:high]) - error(high) <= total - error(n):
            high = n
        if has_changed(drift):
            drifts.append(place)
            seen, low, high = [], 0, 0
        elif has_changed(warning):
            warnings.append(place)
    return warnings, drifts


def fading(values, weight):
    """Return the weighted mean, and the sum of squared weights."""
    weights = np.array([weight if at else 1 for at in range(len(values))]) * [
        (1 - weight) ** (len(values) - 1 - at) for at in range(len(values))
    ]
    return weights @ values, weights @ weights


def hddm_w(stream, drift=0.001, warning=0.005, weight=0.05, two_sided=False):
    warnings, drifts, seen, cuts, best = [], [], [], [0, 0], [math.inf, math.inf]

    def bound(squares, confidence):
        return math.sqrt(squares * math.log(1 / confidence) / 2)

    def has_changed(confidence):
        for cut, sign in zip(cuts, (1, -1), strict=True):
            if cut < len(seen) and (two_sided or sign == 1):
                (before, one), (after, other) = (
                    fading(part, weight) for part in (seen[:cut], seen[cut:])
                )
                if sign * (after - before) > bound(one + other, confidence):
                    return True
        return False

    for place, x in enumerate(stream):
        seen.append(x)
        mean, squares = fading(seen, weight)
        for side, sign in enumerate((1, -1)):
            at = sign * mean + bound(squares, drift)
            if at < best[side]:
                best[side], cuts[side] = at, len(seen)
        if has_changed(drift):
            drifts.append(place)
            seen, cuts, best = [], [0, 0], [math.inf, math.inf]
        elif has_changed(warning):
            warnings.append(place)
    return warnings, drifts


def adwin(stream, delta=0.002, clock=32, max_buckets=5, shortest=5, grace=10):
    drifts, rows = [], []
    for place, x in enumerate(stream):
        merged, row = [x], 0
        while merged:
            if row == len(rows):
                rows.append([])
            rows[row].append(merged)
            merged = None
            if len(rows[row]) > max_buckets:
                merged = rows[row].pop(0) + rows[row].pop(0)
            row += 1
        if (place + 1) % clock:
            continue
        has_cut = True
        while has_cut:
            buckets = [bucket for row in rows[::-1] for bucket in row]
            window = np.concatenate(buckets)
            has_cut = False
            for cut in np.cumsum([len(bucket) for bucket in buckets])[:-1]:
                one, other = window[:cut], window[cut:]
                if len(window) <= grace or min(len(one), len(other)) < shortest:
                    continue
                inverse = 1 / len(one) + 1 / len(other)
                log = math.log(2 * math.log(len(window)) / delta)
                bound = math.sqrt(2 * inverse * window.var() * log) + 2 / 3 * inverse * log
                has_cut = has_cut or abs(one.mean() - other.mean()) > bound
            if has_cut:
                rows[-1].pop(0)
                while rows and not rows[-1]:
                    rows.pop()
                if place not in drifts:
                    drifts.append(place)
    return [], drifts
