"""The native module: kernels without ceremony. Use the public rooms instead."""

from typing import Final

from treering._core import drift as drift
from treering._core import ensemble as ensemble
from treering._core import metrics as metrics
from treering._core import model_selection as model_selection
from treering._core import persistence as persistence
from treering._core import preprocessing as preprocessing
from treering._core import stats as stats
from treering._core import tree as tree

class TreeringError(Exception): ...
class ModelFileError(TreeringError): ...
class InternalError(TreeringError): ...

def fault_on_purpose() -> None: ...

__version__: Final[str]
DEVELOPMENT_BUILD: Final[bool]
