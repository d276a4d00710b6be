"""What the performance model says where routes ask how fast chips could have trained: the join of `routes` and `perf`.

Takes a model that both know by name; gives the function that `routes.feasible` asks instead of a stated share of the peak: the best layout's
throughput on a chip, with its 80 % interval, counted in the same 6 N D that the work is counted in.
"""

from functools import lru_cache

from chipledger.catalogue.chip import chip
from chipledger.core.errors import InputError
from chipledger.routes.feasible import Throughput
from chipledger.routes.kind import Between
from chipledger.routes.subject import Subject

SECONDS_PER_HOUR = 3600.0


def throughput_of(subject: Subject) -> Throughput | None:
    """The training rate of a subject's model on a chip, by the performance model; None where its shape or its work is not known.

    Args:
        subject: of study; its id, title or a name must be that of a model of perf.

    Raises:
        ModuleNotFoundError: numpy is not there (the extra `stats`).

    >>> from chipledger.routes.register import routes
    >>> rate = throughput_of(routes().subject("Hunyuan-Large"))
    >>> found = rate("nvidia-h20", 2048)
    >>> 0.25 < found.low / (2048 * 148e12) < found.high / (2048 * 148e12) < 1
    True
    """
    from chipledger.perf.models import model

    if subject.work is None:
        return None
    for name in (subject.id, subject.title, *subject.names):
        try:
            shape = model(name).id
        except InputError:
            continue
        flop, tokens = subject.work.flop, subject.work.tokens
        return lambda chip_id, count: _rate(shape, flop, tokens, chip_id, count)
    return None


@lru_cache(maxsize=256)
def _rate(shape: str, flop: float, tokens: float, chip_id: str, count: int) -> Between | None:
    from chipledger.perf.best import Job, best
    from chipledger.perf.cluster import cluster, cluster_ids, one_node
    from chipledger.perf.models import model

    presets = [name for name in cluster_ids() if cluster(name).chip_id == chip_id]
    try:
        where = cluster(presets[0]) if presets else one_node(chip(chip_id))
        run = best(Job(shape=model(shape), tokens=tokens), where, count).run
    except InputError:
        return None
    return Between(
        low=flop / (run.high_chip_hours * SECONDS_PER_HOUR) * count,
        high=flop / (run.low_chip_hours * SECONDS_PER_HOUR) * count,
    )
