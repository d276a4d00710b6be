"""The ground every package stands on: records, sources, time, truth, units, loading and errors.

Imports nothing of ours; asks neither the clock nor the network.
"""
