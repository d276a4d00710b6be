"""A search in parts: each can be worked on by another process or machine, and all together give what one process gives, byte for byte.

Takes spaces (a model on so many chips, with what may be chosen); gives shards, which are small to send: the numbers of some blocks, not the
layouts in them. A shard makes its own blocks, searches them and gives its best; `merged` joins them in order. What a shard passes over depends on
itself alone, never on what another found first.
"""

from collections.abc import Iterator, Sequence

from chipledger.core.records import Record
from chipledger.perf.cluster import Cluster
from chipledger.perf.constants import Constants
from chipledger.perf.search import Found, search_blocks
from chipledger.perf.shape import ModelShape
from chipledger.perf.strategy import Layouts, Method
from chipledger.perf.validity import Choices, how_many_blocks, layouts_of

BLOCKS_OF_A_SHARD = 16
"""Some 260,000 layouts, half a second of one core: long against sending it, short against waiting for the last."""


class Space(Record):
    """All layouts of a model on so many chips.

    Args:
        shape: the model.
        cluster: of the chips.
        chips: in all.
        global_batch: sequences of one step.
        sequence_length: tokens of one.
        method: of all.
        choices: what may be chosen.
    """

    shape: ModelShape
    cluster: Cluster
    chips: int
    global_batch: int
    sequence_length: int
    method: Method
    choices: Choices = Choices()

    def block_count(self) -> int:
        """How many blocks there are; none is made."""
        return how_many_blocks(
            self.shape,
            self.cluster,
            chips=self.chips,
            global_batch=self.global_batch,
            sequence_length=self.sequence_length,
            method=self.method,
            choices=self.choices,
        )

    def blocks(self, first: int = 0, last: int | None = None) -> Iterator[Layouts]:
        """The blocks from one number up to another."""
        return layouts_of(
            self.shape,
            self.cluster,
            chips=self.chips,
            global_batch=self.global_batch,
            sequence_length=self.sequence_length,
            method=self.method,
            choices=self.choices,
            first=first,
            last=last,
        )


class Shard(Record):
    """Some blocks of a space, and what is asked of them.

    Args:
        space: that they belong to.
        first: number of the first block.
        last: number of the first block of the next shard.
        most: how many of the best to keep.
        price_per_chip_hour: None: money is left out.
        is_bounded: pass over what cannot be among the best of the shard.
        with_front: keep the front too.
        constants: None: data/perf/constants.yaml with its fit, as the process that works on it has it.
    """

    space: Space
    first: int
    last: int
    most: int = 10
    price_per_chip_hour: float | None = None
    is_bounded: bool = True
    with_front: bool = False
    constants: Constants | None = None


def shards_of(
    spaces: Sequence[Space],
    *,
    most: int = 10,
    price_per_chip_hour: float | None = None,
    is_bounded: bool = True,
    with_front: bool = False,
    blocks: int = BLOCKS_OF_A_SHARD,
) -> tuple[Shard, ...]:
    """Spaces cut into shards, in order.

    Args:
        spaces: one after another.
        most: as of `Shard`.
        price_per_chip_hour: as of `Shard`.
        is_bounded: as of `Shard`.
        with_front: as of `Shard`.
        blocks: of one shard at most.

    >>> from chipledger.perf.cluster import cluster
    >>> from chipledger.perf.models import model
    >>> asked = Space(
    ...     shape=model("llama-2-7b"),
    ...     cluster=cluster("h100"),
    ...     chips=8,
    ...     global_batch=64,
    ...     sequence_length=4096,
    ...     method=Method(),
    ... )
    >>> [(one.first, one.last) for one in shards_of([asked])]
    [(0, 1)]
    """
    found = []
    for space in spaces:
        count = space.block_count()
        for first in range(0, count, blocks):
            found.append(
                Shard(
                    space=space,
                    first=first,
                    last=min(first + blocks, count),
                    most=most,
                    price_per_chip_hour=price_per_chip_hour,
                    is_bounded=is_bounded,
                    with_front=with_front,
                )
            )
    return tuple(found)


def search_shard(shard: Shard) -> Found:
    """What a shard holds: its best, its front and its counts; nothing that fits is no error here.

    Args:
        shard: one of `shards_of`.
    """
    asked = shard.space
    return search_blocks(
        asked.shape,
        asked.cluster,
        asked.blocks(shard.first, shard.last),
        asked.method,
        most=shard.most,
        constants=shard.constants,
        price_per_chip_hour=shard.price_per_chip_hour,
        is_bounded=shard.is_bounded,
        with_front=shard.with_front,
    )
