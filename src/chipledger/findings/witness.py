"""Arithmetic as a witness: does what a quote states add up? agree, disagree or undecided, each with its sum in words.

Sums are made of one mention: whether the model's weights (or the states of its training) fit the memory of so many chips; whether
its training's arithmetic fits the stated time; whether chips x time gives the stated chip-hours; whether
scripts of the same project ask for as many chips. A sum shows what is possible,
never what happened: `agree` means that the statement is consistent with the sum and that the sum tells something, `disagree` that it
cannot be as it is read, `undecided` that a figure is missing or the margins are too wide. What margins there are is data
(data/findings/witness.yaml).
"""

from collections.abc import Iterable, Sequence

from chipledger.core.records import Mention, Purpose
from chipledger.findings.model_size import ModelSizes
from chipledger.findings.sum import Sum, Verdict
from chipledger.findings.sum_memory import TUNING, memory
from chipledger.findings.sum_time import chip_hours, flop


def sums(mentions: Iterable[Mention], sizes: ModelSizes) -> list[Sum]:
    """What arithmetic says of each mention that reports or asks for chips.

    Args:
        mentions: of any documents.
        sizes: the models of those documents.

    Returns:
        For a mention its sums, memory first; none for what only names a chip.

    >>> said = Mention(document="README.md", start=0, end=13, quote="16 H20 GPUs", chip="NVIDIA H20", chips=("nvidia-h20",), count=16,
    ...     purpose=Purpose.REQUIREMENT, subject="Hunyuan-Large", techniques=("BF16",), prefix="BF16 requires", suffix=" for deployment.")
    >>> one, = sums([said], ModelSizes([]))
    >>> one.verdict.value, one.reason
    ('agree', '389 billion parameters (the catalogue of models) at 2 bytes are 778 GB: 16 chips of 96 GB hold them, 8 do not')
    """
    return [one for mention in mentions for one in _of(mention, sizes)]


def verdict_of(found: Sequence[Sum]) -> Verdict:
    """What the sums of one quote say together: one that disagrees outweighs, one that agrees decides.

    A script that asks for as many chips decides nothing: it may start another run.

    >>> verdict_of([])
    <Verdict.UNDECIDED: 'undecided'>
    """
    said = {one.verdict for one in found if one.kind != "scripts"}
    for verdict in (Verdict.DISAGREE, Verdict.AGREE):
        if verdict in said:
            return verdict
    return Verdict.UNDECIDED


def _of(mention: Mention, sizes: ModelSizes) -> list[Sum]:
    if mention.purpose in (Purpose.MENTION_ONLY, Purpose.EVALUATION):
        return []
    size = sizes.of(mention)
    found = [memory(mention, size, sizes.names_offload(mention))]
    if mention.purpose in TUNING:
        time = flop(mention, size)
        found += [time] if time else []
    return [*found, *(one for one in (chip_hours(mention), _scripts(mention, sizes)) if one)]


def _scripts(mention: Mention, sizes: ModelSizes) -> Sum | None:
    """Scripts of the same project that ask for as many chips; that none does tells nothing."""
    scripts = sizes.scripts_for(mention) if mention.count and mention.count > 1 else ()
    if not scripts:
        return None
    more = f" and {len(scripts) - 3} more" if len(scripts) > 3 else ""
    return Sum(
        mention_id=mention.id,
        kind="scripts",
        verdict=Verdict.AGREE,
        reason=f"{', '.join(scripts[:3])}{more} ask{'s' if len(scripts) == 1 else ''} for {mention.count} chips too",
        needed=float(mention.count or 0),
        there=float(mention.count or 0),
    )
