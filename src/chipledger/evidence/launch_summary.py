"""What the launch settings of one document ask for together: nodes, chips, parallel sizes, formats, techniques.

Takes settings; gives a Launch. A number is told where all settings of its topic outside of comments agree on it, else it is None: a script that
starts several runs has no one number. What is asked for is no sign that it ran.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chipledger.core.records import LaunchSetting
from chipledger.evidence.launch import requests

_SIZES = ("tensor_parallel", "pipeline_parallel", "expert_parallel", "context_parallel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One document's launch.

    Attributes:
        nodes, gpus_per_node, gpus: as asked; None where nothing or several things are asked.
        tensor_parallel, pipeline_parallel, expert_parallel, context_parallel: the sizes.
        zero_stage: of DeepSpeed.
        precision: the formats that are asked for, in the order of the text.
        asked, refused: techniques that are asked for, and that are asked to be off.
    """

    nodes: int | None
    gpus_per_node: int | None
    gpus: int | None
    tensor_parallel: int | None
    pipeline_parallel: int | None
    expert_parallel: int | None
    context_parallel: int | None
    zero_stage: int | None
    precision: tuple[str, ...]
    asked: tuple[str, ...]
    refused: tuple[str, ...]

    @property
    def chips(self) -> int | None:
        """How many chips it asks for: nodes x chips of each, or all at once, or tensor x pipeline of a server.

        >>> def of(**numbers):
        ...     return launch_of(LaunchSetting(name=name, value="", kind="flag", topic=name, number=one, start=0, end=1, quote="x")
        ...         for name, one in numbers.items())
        >>> of(nodes=2, gpus_per_node=8).chips, of(tensor_parallel=16, pipeline_parallel=1).chips, of(nodes=2).chips
        (16, 16, None)
        """
        if self.nodes and self.gpus_per_node:
            return self.nodes * self.gpus_per_node
        if self.gpus:
            return self.gpus
        if self.nodes or self.gpus_per_node or self.tensor_parallel is None:
            return None
        return self.tensor_parallel * (self.pipeline_parallel or 1)


def launch_of(settings: Iterable[LaunchSetting]) -> Launch:
    """The launch that some settings make together.

    Args:
        settings: of one document.

    >>> asked = LaunchSetting(name="--bf16", value="", kind="flag", topic="precision", techniques=("BF16",), requested=True,
    ...     start=0, end=6, quote="--bf16")
    >>> launch_of([asked]).precision
    ('BF16',)
    """
    given = [one for one in settings if not one.is_comment]
    numbers = {
        name: _agreed(given, name) for name in ("nodes", "gpus_per_node", "gpus", "zero_stage", *_SIZES)
    }
    techniques = requests(tuple(given))
    formats = dict.fromkeys(
        name for one in given if one.topic == "precision" and one.requested for name in one.techniques
    )
    return Launch(
        **numbers,
        precision=tuple(formats),
        asked=tuple(sorted(name for name, wanted in techniques.items() if wanted)),
        refused=tuple(sorted(name for name, wanted in techniques.items() if not wanted)),
    )


def _agreed(settings: Iterable[LaunchSetting], topic: str) -> int | None:
    stated = [one for one in settings if one.topic == topic]
    numbers = {one.number for one in stated}
    return numbers.pop() if len(numbers) == 1 else None
