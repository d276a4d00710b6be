"""The report: a ledger as one self-contained HTML page with the timeline picture, every quote with its place.

`page` gathers and writes, `timeline` draws, `instruments` chooses the rules, `quotes` makes document text fit to show,
`summary` puts into few words what the rules said; `cost_chart` draws what a restriction costs, for whoever has reckoned it.
"""

from chipledger.apps.report.page import write_report

__all__ = ["write_report"]
