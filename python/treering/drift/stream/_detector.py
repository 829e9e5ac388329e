"""What all detectors of change in a stream do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering._checks import float_array, shown
from treering._core.stream import Watcher

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_CLASSES: dict[str, type[Detector]] = {}


class Detector:
    """A detector of change in a stream; :mod:`treering.drift.stream` has those that can be used.

    Attributes
    ----------
    drift_detected : bool
        Whether the last value completed a drift. The detector has begun anew since.
    warning_detected : bool
        Whether the last value was a warning; always False of detectors that give none.
    seen : int
        How many values there were.
    detections : int
        How many drifts were detected.
    """

    _core: Watcher

    def __init__(self) -> None:
        raise TypeError("Detector is what all detectors do; use ADWIN, DDM or another one")

    def __init_subclass__(cls) -> None:
        _CLASSES[cls.__name__] = cls

    def update(self, x: float) -> Self:
        """Take the next value.

        Parameters
        ----------
        x : float
            The value: a number, or 1 for an error and 0 for none where errors are counted.

        Returns
        -------
        Detector
            This detector, changed.

        Raises
        ------
        TypeError
            If `x` is no number.
        ValueError
            If `x` is missing, or not of the kind that this detector takes.
        """
        try:
            self._core.update(x)
        except TypeError as error:
            raise TypeError(f"x must be a number; got {shown(x)}") from error
        return self

    def update_many(self, values: ArrayLike) -> NDArray[np.int64]:
        """Take the next values.

        Parameters
        ----------
        values : array_like
            The values, in their order. If one of them cannot be taken, none is.

        Returns
        -------
        ndarray of int
            The places in `values` of those that completed a drift.

        Raises
        ------
        ValueError
            If there is a value that is missing, or not of the kind that this detector takes.
        """
        array = np.asarray(float_array("values", values), dtype=np.float64)
        if array.ndim != 1:
            raise ValueError(
                f"values must be one-dimensional; got {array.ndim} dimensions: a detector watches "
                "one stream"
            )
        return self._core.update_many(array)

    @property
    def drift_detected(self) -> bool:
        """Whether the last value completed a drift."""
        return self._core.drift_detected

    @property
    def warning_detected(self) -> bool:
        """Whether the last value was a warning."""
        return self._core.warning_detected

    @property
    def seen(self) -> int:
        """How many values there were."""
        return self._core.seen

    @property
    def detections(self) -> int:
        """How many drifts were detected."""
        return self._core.detections

    def reset(self) -> Self:
        """Forget all values.

        Returns
        -------
        Detector
            This detector, as new.
        """
        self._core.reset()
        return self

    def get_params(self) -> dict[str, Any]:
        """Return the parameters.

        Returns
        -------
        dict
        """
        return dict(self._core.parameters())

    def to_bytes(self) -> bytes:
        """Write the detector, with what it has seen, as data that holds no code.

        Returns
        -------
        bytes
        """
        return self._core.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what :meth:`to_bytes` wrote.

        Parameters
        ----------
        data : bytes
            The bytes.

        Returns
        -------
        Detector
            Of the class that was written.

        Raises
        ------
        treering.ModelFileError
            If the bytes are not a whole, unaltered detector, or come from a newer release.
        TypeError
            If `data` holds no bytes, or a detector of another class than this.
        """
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(f"data must be bytes; got {shown(data)}: give what to_bytes() returned")
        core = Watcher.from_bytes(bytes(data))
        kind = _CLASSES[core.name]
        if not issubclass(kind, cls):
            raise TypeError(f"these bytes hold {kind.__name__}; read them by its from_bytes()")
        return kind._with(core)

    @classmethod
    def _with(cls, core: Watcher) -> Self:
        detector = cls.__new__(cls)
        detector._core = core
        return detector

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        return type(self).from_bytes, (self.to_bytes(),)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Detector):
            return NotImplemented
        return self is other or self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]  # it changes with each value

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({given})"
