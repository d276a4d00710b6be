"""`chipledger perf`: what a training run takes on a cluster, and how far off that is; a verb's file is imported only when it is called for."""

# verb -> (module in this package, the Typer app or the function in it, one line of help)
VERBS = {
    "estimate": ("estimate", "command", "One run in one layout, or the best: every term, memory, the whole run."),
    "search": ("search", "command", "The quickest of all layouts that fit, and what nothing beats on every axis."),
    "compare": ("compare", "command", "The same job on different chips: chip-hours, days, energy, money."),
    "waterfall": ("waterfall", "command", "What each technique wins back on a restricted chip."),
    "policy": ("policy", "command", "What a threshold on one axis of a chip would buy."),
    "validate": ("validate", "command", "How far off the model is on a table of published runs, by stratum and term."),
    "calibrate": ("calibrate", "command", "Fit the few constants on a table of runs, each group left out in turn."),
}  # fmt: skip
