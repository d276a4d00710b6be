"""How near words of each kind of work, and of need, result and report, stand to a chip, beyond its sentence too.

Takes a document's reading; gives, for a span, features such as "near-before:finetune=5": a word of fine-tuning stands
within 2^5 characters before it. The text is swept in blocks when a chip stands in or beside them, so that a document
costs by its chips, not by its length.
"""

from bisect import bisect_left
from functools import cache

from chipledger.evidence.sweep import Sweep, compiled
from chipledger.evidence.topic import KINDS

_BLOCK_CHARS = 2_048
_FARTHEST = 12  # 2^12 characters and more are far off, alike
_TELLING = {
    "reported": r"\b(?:trained|tested|measured|evaluated|conducted|performed|ran|took|takes|used|completed|achiev\w+|obtained|spent)\b|测试|测得|实测|使用了|完成|耗时|しました|測定",
    "needed": r"requir|\bneed(?:s|ed)?\b|at least|minimum|recommend|suggest|enough|sufficient|\bfits?\b|需要|要求|至少|最低|推荐|建议|足够|即可|必要|推奨",
    "listed": r"support|compatib|such as|\be\.g\.|\bplan|\bprice|per hour|coming soon|支持|适配|兼容|例如|价格|租|対応",
    "result": r"[0-9][0-9.,]* ?(?:tok(?:en)?s?/s|fps|it/s|s/it|ms\b|seconds?|minutes?|hours?|days?|tflops|小时|天|分钟|秒|時間|%)",
    "command": r"python3? |torchrun|bash |\bsh |--[a-z]|docker|pip install|\bexport ",
}


@cache
def _expressions() -> dict[str, str]:
    return {**KINDS, **_TELLING}


class Nearness:
    """The words of each kind in one text, found block by block.

    >>> text = Nearness("It was fine-tuned here, on 8 H20.")
    >>> [one for one in text.around(29, 32) if "finetune" in one]
    ['near-before:finetune=4', 'near-after:finetune=12', 'share:finetune=5']
    """

    __slots__ = ("_blocks", "_reading")

    def __init__(self, reading: str) -> None:
        self._reading = reading
        self._blocks: dict[int, dict[str, list[int]]] = {}

    def around(self, start: int, end: int) -> tuple[str, ...]:
        """The distance to the nearest word of each kind on either side, in powers of two, and each kind of work's share.

        Args:
            start, end: of the chip's name in the reading.
        """
        blocks = [self._block(start // _BLOCK_CHARS + step) for step in (-1, 0, 1)]
        told = []
        places = {name: [at for block in blocks for at in block[name]] for name in _expressions()}
        for name, at in places.items():
            first, last = bisect_left(at, start), bisect_left(at, end)
            told.append(f"near-before:{name}={_power(start - at[first - 1]) if first else _FARTHEST}")
            told.append(f"near-after:{name}={_power(at[last] - end) if last < len(at) else _FARTHEST}")
        every = sum(len(places[kind]) for kind in KINDS) or 1
        return (*told, *(f"share:{kind}={5 * len(places[kind]) // every}" for kind in KINDS))

    def _block(self, number: int) -> dict[str, list[int]]:
        if number not in self._blocks:
            first = number * _BLOCK_CHARS
            sweep = Sweep(self._reading[first : first + _BLOCK_CHARS] if number >= 0 else "")
            self._blocks[number] = {
                name: [first + start for start, _ in sweep.each(compiled(expression))]
                for name, expression in _expressions().items()
            }
        return self._blocks[number]


def _power(distance: int) -> int:
    return min(_FARTHEST - 1, distance.bit_length() - 1 if distance > 0 else 0)
