"""Statistics that hold: intervals, comparisons, sequential tests, change detection, item response, horizons, forecasts.

They need numpy and scipy, which the rest of chipledger does without: asking for one without them is told in one line.
"""

from importlib.util import find_spec

from chipledger.core.errors import InputError

if not (find_spec("numpy") and find_spec("scipy")):
    raise InputError(
        "the statistics need numpy and scipy", remedy="install them with `pip install chipledger[stats]`"
    )
