"""Statistics that hold: intervals, comparisons, sequential tests, change detection, item response, horizons, forecasts."""
