"""Which chips documents name for the training of a model: our findings beside what data sets print of its hardware.

Takes mentions and models' names; gives for each model the chips that some document says it was trained on. A documented
mention, no more: it is consistent with the chip's use and tells nothing of how it was come by.
"""

from collections.abc import Iterable, Mapping

from chipledger.core.records import Mention, Purpose
from chipledger.evals.published import letters

TRAINING = frozenset({Purpose.PRETRAINING, Purpose.FINETUNING, Purpose.TRAINING_UNSPECIFIED})


def documented_chips(mentions: Iterable[Mention], models: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The chips on which documents say that models were trained.

    Args:
        mentions: of a ledger; only those that report training count.
        models: names as a data set prints them; a mention's subject is the same model if it has the same letters and digits.

    Returns:
        Chips as printed, sorted, by model; models that no document speaks of are left out.

    >>> said = Mention(document="a", start=0, end=3, quote="512 H800", chip="NVIDIA H800", purpose=Purpose.PRETRAINING, subject="Kite V3")
    >>> documented_chips([said], ["Kite-V3", "Brook 1"])
    {'Kite-V3': ('NVIDIA H800',)}
    """
    by_letters = {letters(model): model for model in models}
    found: dict[str, set[str]] = {}
    for one in mentions:
        model = by_letters.get(letters(one.subject)) if one.subject and one.purpose in TRAINING else None
        if model:
            found.setdefault(model, set()).add(one.chip)
    return {model: tuple(sorted(chips)) for model, chips in sorted(found.items())}
