"""Capability evaluation: use cases, benchmarks and thresholds as data; statistics, decisions and alarms over measured runs."""
