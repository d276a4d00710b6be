"""The performance model: what a training or serving run costs on a chip, term by term, with an interval."""
