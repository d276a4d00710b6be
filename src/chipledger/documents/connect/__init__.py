"""Connectors: what there is to fetch for a target, and fetching it into a snapshot.

Fetching and extracting are separate steps, so that better rules never refetch. `connector` holds the contract,
`fetching` runs one connector over one target, `client` is the polite HTTP that all of them share, `registry` names them.
"""
