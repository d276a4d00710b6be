"""How long the passes of one step take to go through a pipeline, and how many a stage holds at once.

Takes seconds of one micro-batch on each stage, seconds of a hand-over, how many micro-batches there are and the schedule. `makespan`
answers for many layouts in closed form; `simulate` plays the real order of passes for one layout, stage by stage, where stages differ or
micro-batches are few. On even stages both agree within 2 % (tests/perf/test_perf_pipeline.py). A hand-over delays the pass that waits for
it and leaves both stages free; where a framework blocks on it, add it to the passes. Gradients and the update come after and are not here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chipledger.core.errors import InputError
from chipledger.perf.strategy import Layouts, Schedule

Floats = NDArray[np.float64]
WEIGHT_SHARE = 0.5
"""Of a backward pass, what computes gradients of weights where nothing is recomputed: one of two products."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSeconds:
    """One micro-batch on the stages of each layout: alike, but for the first and the last. Arrays of n, or numbers.

    Args:
        forward: of a stage in the middle, all its chunks together.
        backward: the same, what is recomputed included.
        first_forward: what the first stage takes more (less where negative).
        first_backward: the same, backward.
        last_forward: what the last stage takes more.
        last_backward: the same, backward.
        weight: of the backward pass of a middle stage, what can wait: gradients of weights; None: half of it.
    """

    forward: ArrayLike
    backward: ArrayLike
    first_forward: ArrayLike = 0.0
    first_backward: ArrayLike = 0.0
    last_forward: ArrayLike = 0.0
    last_backward: ArrayLike = 0.0
    weight: ArrayLike | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """What a simulation saw.

    Args:
        seconds: from the first pass to the end of the last.
        busy: seconds that each stage computes.
        in_flight: micro-batches whose activations each stage holds at most, a chunk counted by its share of the stage.
    """

    seconds: float
    busy: tuple[float, ...]
    in_flight: tuple[float, ...]


def makespan(
    stages: StageSeconds,
    pipeline: ArrayLike,
    virtual_stages: ArrayLike,
    micro_batches: ArrayLike,
    schedule: Schedule,
    *,
    hand_over_seconds: ArrayLike = 0.0,
) -> Floats:
    """Seconds from the first forward pass of a step to its last backward pass.

    Args:
        stages: seconds of one micro-batch by stage.
        pipeline: stages.
        virtual_stages: chunks of one stage.
        micro_batches: of one step and one pipeline; parts are rounded up.
        schedule: of all layouts.
        hand_over_seconds: from one stage to the next, once.

    Returns:
        Arrays in the shape that the arguments broadcast to.

    Raises:
        InputError: virtual stages in another schedule than 1f1b.

    Source: Narayanan et al. (arXiv 2104.04473), section 2.2, for the bubble of 1F1B and of interleaving; Qi et al. (arXiv 2401.10241),
    table 1, for zero bubble (ZB-H1); DeepSeek-V3 (arXiv 2412.19437), table 2, for DualPipe. That a slower stage sets the pace and that
    p passes in flight must cover a round trip is worked out here and held against the simulation.

    >>> one = StageSeconds(forward=1.0, backward=2.0)
    >>> makespan(one, 4, [1, 2], 16, Schedule.ONE_F_ONE_B)
    array([57. , 52.5])
    """
    given = (
        stages.forward, stages.backward, stages.first_forward, stages.first_backward, stages.last_forward,
        stages.last_backward, pipeline, virtual_stages, micro_batches, hand_over_seconds,
    )  # fmt: skip
    numbers = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in given))
    ahead, back, first_ahead, first_back, last_ahead, last_back, deep, chunks, passes, sent = numbers
    passes = np.ceil(passes)
    if schedule is not Schedule.ONE_F_ONE_B and (chunks > 1).any():
        raise _only_interleaved(schedule)
    first, last = first_ahead + first_back, last_ahead + last_back
    lone = deep <= 1
    match schedule:
        case Schedule.GPIPE:
            way = _flow(ahead, first_ahead, last_ahead, deep, passes, sent)
            found = way + _flow(back, first_back, last_back, deep, passes, sent)
        case Schedule.ONE_F_ONE_B:
            found = _one_forward_one_backward(
                (ahead, back), (first_ahead, first_back), last, deep, passes, sent
            )
            if (chunks > 1).any():
                apart = _interleaved(ahead, back, first, last, deep, chunks, passes, sent)
                found = np.where(chunks > 1, apart, found)
        case Schedule.ZERO_BUBBLE:
            weight = _waiting(stages.weight, back)
            found = _zero_bubble(ahead, back, weight, first, last, deep, passes, sent)
        case Schedule.DUALPIPE:
            weight = _waiting(stages.weight, back)
            found = _dualpipe(ahead, back, weight, first, last, deep, passes, sent)
    return np.asarray(np.where(lone, passes * (ahead + back + first + last), found))


def _waiting(weight: ArrayLike | None, back: Floats) -> Floats:
    return WEIGHT_SHARE * back if weight is None else np.minimum(np.asarray(weight, float), back)


def _flow(each: Floats, first: Floats, last: Floats, deep: Floats, passes: Floats, sent: Floats) -> Floats:
    """All passes one way: the first through every stage, the others behind it at the pace of the slowest."""
    slowest = each + np.maximum(np.maximum(first, last), np.where(deep > 2, 0.0, -np.inf))
    return deep * each + first + last + (deep - 1.0) * sent + (passes - 1.0) * slowest


def _one_forward_one_backward(
    ways: tuple[Floats, Floats],
    firsts: tuple[Floats, Floats],
    last: Floats,
    deep: Floats,
    passes: Floats,
    sent: Floats,
) -> Floats:
    """Stage k lets p - k passes in; each round of them waits for the first to come back. The slowest of a few stages tells."""
    both, first, after = ways[0] + ways[1], firsts[0] + firsts[1], passes - 1.0
    middle = np.where(deep > 2, 0.0, -np.inf)
    others = both + np.maximum(last, np.where(deep > 1, middle, 0.0))
    warm = np.minimum(passes, deep) - 1.0
    idle = np.maximum(warm * (ways[1] - firsts[0]) + last * (warm > 0), 0.0)
    idle = idle + np.maximum(warm * (ways[0] - firsts[1]) + last + (deep - 1.0 - warm) * both, 0.0)
    ends = [
        passes * (both + first) + idle,
        _rounds(both, first + last, others, deep, after, sent),
    ]
    for before in (1.0, deep - np.clip(after, 1.0, deep), deep - 1.0):
        inside = np.maximum(deep - before, 1.0)
        path = before * both + first + 2.0 * before * sent
        pace = both + np.maximum(last, np.where(inside > 2, 0.0, -np.inf))
        ends.append(path + _rounds(both, last, pace, inside, after, sent))
        ends.append(path + inside * both + last + 2.0 * (inside - 1.0) * sent + after * pace)
    return np.asarray(np.max(ends, axis=0))


def _rounds(both: Floats, more: Floats, pace: Floats, inside: Floats, after: Floats, sent: Floats) -> Floats:
    """So many passes at once through so many stages: full rounds wait for the first to come back, the last part-round follows it."""
    trip = inside * both + more + 2.0 * (inside - 1.0) * sent
    rounds = np.floor(after / inside)
    return (rounds + 1.0) * trip + (after - rounds * inside) * pace


def _interleaved(
    ahead: Floats,
    back: Floats,
    first: Floats,
    last: Floats,
    deep: Floats,
    chunks: Floats,
    passes: Floats,
    sent: Floats,
) -> Floats:
    both = ahead + back
    slowest = both + np.maximum(np.maximum(first, last), np.where(deep > 2, 0.0, -np.inf))
    return passes * slowest + (deep - 1.0) * both / chunks + 2.0 * (deep * chunks - 1.0) * sent


def _zero_bubble(
    ahead: Floats,
    back: Floats,
    weight: Floats,
    first: Floats,
    last: Floats,
    deep: Floats,
    passes: Floats,
    sent: Floats,
) -> Floats:
    slowest = ahead + back + np.maximum(np.maximum(first, last), np.where(deep > 2, 0.0, -np.inf))
    inner = back - weight
    waited = (deep - 1.0) * np.maximum(ahead, inner) + 2.0 * (deep - 1.0) * sent
    late = 2.0 * (deep - 1.0 + np.clip(passes - 2.0, 0.0, deep - 1.0)) * sent
    waited = np.maximum(waited, (deep - 1.0) * (ahead + inner - weight) + late)
    trip = deep * (ahead + inner) + first + last + weight + late
    return np.maximum(passes * slowest + waited, trip + (passes - 1.0) * (ahead + inner))


def _dualpipe(
    ahead: Floats,
    back: Floats,
    weight: Floats,
    first: Floats,
    last: Floats,
    deep: Floats,
    passes: Floats,
    sent: Floats,
) -> Floats:
    waited = np.maximum(ahead + 2.0 * back - 3.0 * weight, 2.0 * ahead)
    slowest = ahead + back + np.maximum((first + last) / 2.0, np.where(deep > 2, 0.0, -np.inf))
    rounds = passes / np.maximum(deep, 1.0) + 1.0
    return passes * slowest + (deep / 2.0 - 1.0) * waited + (deep - 1.0) * rounds * sent


def stage_layers(layers: int, layouts: Layouts) -> tuple[Floats, Floats]:
    """Layers of a full stage, and of the last, which gets what is over: at most a chunk less.

    Args:
        layers: of the model.
        layouts: n of them.

    >>> stage_layers(61, Layouts.where(pipeline=[1, 16], global_batch=64, sequence_length=4096))
    (array([61.,  4.]), array([61.,  1.]))
    """
    chunk = np.ceil(layers / (layouts.pipeline * layouts.virtual_stages))
    full = chunk * layouts.virtual_stages
    return full, full - np.minimum(full * layouts.pipeline - layers, chunk)


def in_flight(
    pipeline: ArrayLike,
    virtual_stages: ArrayLike,
    micro_batches: ArrayLike,
    schedule: Schedule,
    stage: ArrayLike = 0,
) -> Floats:
    """Micro-batches whose activations a stage holds at most; a chunk counts by its share of the stage.

    Args:
        pipeline: stages.
        virtual_stages: chunks of one stage.
        micro_batches: of one step and one pipeline.
        schedule: of all layouts.
        stage: counted from 0.

    Source: Korthikanti et al. (arXiv 2205.05198), section 4.2.3; Qi et al. (arXiv 2401.10241), section 2.3; DeepSeek-V3 (arXiv
    2412.19437), table 2.

    >>> in_flight(8, [1, 2], 64, Schedule.ONE_F_ONE_B)
    array([ 8. , 11.5])
    """
    given = (pipeline, virtual_stages, micro_batches, stage)
    deep, chunks, passes, place = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in given))
    passes = np.ceil(passes)
    match schedule:
        case Schedule.GPIPE:
            held = passes
        case Schedule.ONE_F_ONE_B:
            apart = (2.0 * (deep - place - 1.0) + (chunks - 1.0) * deep + 1.0) / chunks
            held = np.where((chunks > 1) & (deep > 1), apart, deep - place)
        case Schedule.ZERO_BUBBLE:
            held = deep
        case Schedule.DUALPIPE:
            held = np.where(deep > 1, deep + 1.0, 1.0)
    return np.asarray(np.minimum(held, passes))


def simulate(
    forward: Sequence[float],
    backward: Sequence[float],
    micro_batches: int,
    schedule: Schedule,
    *,
    virtual_stages: int = 1,
    hand_over_seconds: float = 0.0,
    weight: Sequence[float] | None = None,
) -> Played:
    """Play the passes of one step in the order in which a schedule runs them.

    Args:
        forward: seconds of one micro-batch on each chunk, in the order in which a micro-batch meets them: stages x virtual stages.
        backward: the same, what is recomputed included.
        micro_batches: of one step.
        schedule: interleaved where there are virtual stages.
        virtual_stages: chunks of one stage; chunk c of p stages lies on stage c mod p.
        hand_over_seconds: from one stage to the next, once.
        weight: of each backward, what can wait; None: half.

    Raises:
        InputError: chunks that make no stages, or micro-batches that the schedule cannot run.

    Source: as `makespan`; the order of interleaved passes: Narayanan et al. (arXiv 2104.04473), figure 4.

    >>> simulate([1.0] * 4, [2.0] * 4, 16, Schedule.ONE_F_ONE_B).seconds
    57.0
    """
    deep, rest = divmod(len(forward), max(virtual_stages, 1))
    if rest or not deep or len(backward) != len(forward):
        raise InputError(
            f"{len(forward)} forward and {len(backward)} backward passes for {virtual_stages} virtual stages",
            expected="one of each for every chunk: stages x virtual stages",
        )
    waiting = [WEIGHT_SHARE * each for each in backward] if weight is None else weight
    inner = [whole - part for whole, part in zip(backward, waiting, strict=True)]
    lasts = {_FORWARD: forward, _INNER: inner, _WEIGHT: waiting, _BACKWARD: backward}
    free, busy = [0.0] * deep, [0.0] * deep
    ended: dict[tuple[bool, int, int], float] = {}
    plan = _plan(schedule, deep, virtual_stages, int(micro_batches))
    for stage, passes in plan.order:
        start = free[stage]
        for one in passes:
            for need, far in one.needs:
                start = max(start, ended[need] + hand_over_seconds * far)
        end = start + sum(lasts[one.kind][one.chunk] for one in passes)
        for one in passes:
            if one.kind != _WEIGHT:
                ended[one.makes] = end
        busy[stage] += end - start
        free[stage] = end
    return Played(max(free), tuple(busy), plan.in_flight)


_FORWARD, _INNER, _WEIGHT, _BACKWARD = "forward", "inner", "weight", "backward"


@dataclass(frozen=True, slots=True)
class _Pass:
    """One micro-batch on one chunk: what it needs ended before it, and whether that comes from another stage."""

    kind: str
    chunk: int
    micro_batch: int
    makes: tuple[bool, int, int]
    needs: tuple[tuple[tuple[bool, int, int], bool], ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    order: tuple[tuple[int, tuple[_Pass, ...]], ...]
    in_flight: tuple[float, ...]


_Step = tuple[tuple[str, int, int], ...]  # kind, chunk, micro-batch of passes that run as one


@lru_cache(maxsize=64)
def _plan(schedule: Schedule, deep: int, chunks: int, passes: int) -> _Plan:
    """The passes of all stages in an order in which each finds what it needs."""
    if passes < 1:
        raise InputError(f"{passes} micro-batches", expected="1 or more")
    if schedule is not Schedule.ONE_F_ONE_B and chunks > 1:
        raise _only_interleaved(schedule)
    if schedule is Schedule.DUALPIPE and (deep % 2 or passes % 2 or passes < 2 * deep):
        raise InputError(
            f"dualpipe with {deep} stages and {passes} micro-batches",
            expected="an even number of stages and at least twice as many micro-batches, even too",
        )
    if deep == 1:
        alone: list[_Step] = [step for one in range(passes) for chunk in [0] for step in _both(chunk, one)]
        queues = [alone] if chunks == 1 else [_rank_interleaved(1, 0, chunks, passes)]
    else:
        queues = [_rank(schedule, deep, rank, chunks, passes) for rank in range(deep)]
    return _Plan(
        _sorted(schedule, deep, chunks, passes, queues), tuple(_peak(each) / chunks for each in queues)
    )


def _both(chunk: int, one: int) -> list[_Step]:
    return [((_FORWARD, chunk, one),), ((_BACKWARD, chunk, one),)]


def _rank(schedule: Schedule, deep: int, rank: int, chunks: int, passes: int) -> list[_Step]:
    match schedule:
        case Schedule.GPIPE:
            ahead: list[_Step] = [((_FORWARD, rank, one),) for one in range(passes)]
            return [*ahead, *(((_BACKWARD, rank, one),) for one in range(passes))]
        case Schedule.ONE_F_ONE_B:
            if chunks > 1:
                return _rank_interleaved(deep, rank, chunks, passes)
            warm = min(deep - 1 - rank, passes)
            return _alternate(
                [((_FORWARD, rank, one),) for one in range(passes)],
                [((_BACKWARD, rank, one),) for one in range(passes)],
                warm,
            )
        case Schedule.ZERO_BUBBLE:
            return _rank_zero_bubble(deep, rank, passes)
        case Schedule.DUALPIPE:
            return list(_rank_dualpipe(deep, rank, passes))


def _alternate(ahead: list[_Step], back: list[_Step], warm: int) -> list[_Step]:
    """So many forward, then one forward and one backward in turn, then what is left backward."""
    steady = [step for pair in zip(ahead[warm:], back, strict=False) for step in pair]
    return [*ahead[:warm], *steady, *back[len(ahead) - warm :]]


def _rank_interleaved(deep: int, rank: int, chunks: int, passes: int) -> list[_Step]:
    """Micro-batches in groups as many as stages; a group passes the first chunk, then the second, and so on."""
    ahead: list[_Step] = []
    back: list[_Step] = []
    for start in range(0, passes, deep):
        group = range(start, min(start + deep, passes))
        ahead += [((_FORWARD, chunk * deep + rank, one),) for chunk in range(chunks) for one in group]
        back += [
            ((_BACKWARD, chunk * deep + rank, one),) for chunk in reversed(range(chunks)) for one in group
        ]
    warm = len(ahead) if passes <= deep else (deep - rank - 1) * 2 + (chunks - 1) * deep
    return _alternate(ahead, back, min(warm, len(ahead)))


def _rank_zero_bubble(deep: int, rank: int, passes: int) -> list[_Step]:
    """As 1F1B, the gradients of weights put off by as many micro-batches as there are stages before."""
    warm = min(deep - 1 - rank, passes)
    steps: list[_Step] = [((_FORWARD, rank, one),) for one in range(warm)]
    for one in range(passes):
        if warm + one < passes:
            steps.append(((_FORWARD, rank, warm + one),))
        steps.append(((_INNER, rank, one),))
        if one >= rank:
            steps.append(((_WEIGHT, rank, one - rank),))
    return [*steps, *(((_WEIGHT, rank, one),) for one in range(max(passes - rank, 0), passes))]


def _rank_dualpipe(deep: int, rank: int, passes: int) -> Iterator[_Step]:
    """Half of the micro-batches from either end; in the middle of a step a forward runs beside a backward of the other direction."""
    place, half = min(rank, deep - 1 - rank), deep // 2
    near, far = (rank, deep - 1 - rank) if rank < half else (deep - 1 - rank, rank)
    mirrored = rank >= half
    counts = {(kind, way): 0 for kind in (_FORWARD, _BACKWARD) for way in (0, 1)}
    put_off: list[tuple[str, int, int]] = []

    def of(kind: str, way: int) -> tuple[str, int, int]:
        one = counts[(_FORWARD if kind == _FORWARD else _BACKWARD, way)]
        counts[(_FORWARD if kind == _FORWARD else _BACKWARD, way)] += 1
        downward = way ^ mirrored
        found = (kind, near if way == 0 else far, one + (passes // 2 if downward else 0))
        if kind == _INNER:
            put_off.append((_WEIGHT, found[1], found[2]))
        return found

    for _ in range(2 * (half - place - 1)):
        yield (of(_FORWARD, 0),)
    for _ in range(place + 1):
        yield (of(_FORWARD, 0),)
        yield (of(_FORWARD, 1),)
    for _ in range(half - place - 1):
        yield (of(_INNER, 1),)
        yield (put_off.pop(0),)
        yield (of(_FORWARD, 1),)
    for turn in range(passes // 2 - deep + place + 1):
        if turn == 0 and place == half - 1:
            yield (of(_FORWARD, 0),)
            yield (of(_BACKWARD, 1),)
        else:
            yield (of(_FORWARD, 0), of(_BACKWARD, 1))
        yield (of(_FORWARD, 1), of(_BACKWARD, 0))
    for _ in range(half - place - 1):
        yield (of(_BACKWARD, 1),)
        yield (of(_FORWARD, 1), of(_BACKWARD, 0))
    late = (place + 1) // 2
    for turn in range(place + 1):
        yield (of(_INNER if turn >= late + (place % 2 == 0) else _BACKWARD, 1),)
        yield (of(_INNER if turn >= late else _BACKWARD, 0),)
    for _ in range(half - place - 1):
        yield (put_off.pop(0),)
        yield (of(_INNER, 0),)
    while put_off:
        yield (put_off.pop(0),)


def _sorted(
    schedule: Schedule, deep: int, chunks: int, passes: int, queues: list[list[_Step]]
) -> tuple[tuple[int, tuple[_Pass, ...]], ...]:
    last = deep * chunks - 1
    two_ways = schedule is Schedule.DUALPIPE and deep > 1
    known: set[tuple[bool, int, int]] = set()
    places = [0] * len(queues)
    found: list[tuple[int, tuple[_Pass, ...]]] = []
    moved = True
    while moved:
        moved = False
        for rank, queue in enumerate(queues):
            while places[rank] < len(queue):
                made = tuple(_made(step, last, deep) for step in queue[places[rank]])
                if not all(need in known for one in made for need, _ in one.needs):
                    break
                found.append((rank, made))
                known.update(one.makes for one in made)
                places[rank] += 1
                moved = True
    if any(place < len(queue) for place, queue in zip(places, queues, strict=True)):
        raise InputError(
            f"{passes} micro-batches on {deep} stages of {chunks} chunks wait for each other",
            expected=f"a multiple of {2 * deep if two_ways else deep} micro-batches",
        )
    return tuple(found)


def _made(step: tuple[str, int, int], last: int, deep: int) -> _Pass:
    kind, chunk, one = step
    if kind == _FORWARD:
        before = ((True, chunk - 1, one), deep > 1)
        return _Pass(kind, chunk, one, (True, chunk, one), (before,) if chunk else ())
    if kind == _WEIGHT:
        return _Pass(kind, chunk, one, (False, chunk, one), (((False, chunk, one), False),))
    behind = ((False, chunk + 1, one), deep > 1) if chunk < last else ((True, chunk, one), False)
    return _Pass(kind, chunk, one, (False, chunk, one), (behind,))


def _peak(queue: list[_Step]) -> int:
    """Chunks held at most: from a forward pass to the last backward pass that needs it."""
    held = most = 0
    for step in queue:
        held += sum(kind == _FORWARD for kind, _, _ in step)
        most = max(most, held)
        held -= sum(kind in (_BACKWARD, _WEIGHT) for kind, _, _ in step)
    return most


def _only_interleaved(schedule: Schedule) -> InputError:
    return InputError(
        f"virtual stages in the schedule {schedule.value}",
        expected="virtual stages in 1f1b alone (interleaved)",
        remedy="set virtual_stages to 1, or schedule to 1f1b",
    )
