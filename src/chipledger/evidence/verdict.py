"""The reader's rule of thumb: what a careful person would say a mention is for, with the name of the rule.

Takes a spot's place, the workload its surroundings speak of, and the phrases near it; gives a verdict such as
("use", "tested-on"). The rules are those of the labelling guide, in order; the first that fits decides. The verdict
is one signal among those that `purpose` weighs, and its name is part of the mention's rule id.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from chipledger.evidence.layout import Kind
from chipledger.evidence.uncased import uncased

USE, REQUIREMENT, MENTION = "use", "requirement", "mention_only"


class View(NamedTuple):
    """What the rules look at; equal views are judged alike, whatever the document.

    Args:
        kind: the sort of block.
        sentence: the sentence or row, at most 900 characters of it.
        lead: what leads in a list, or the words before the sentence.
        heading: the nearest heading.
        row_head, column_head, heads, caption: of a table.
        first_row: whether the chip stands in a table's heads.
        upper_requires: whether the headings above the nearest ask for something (`requires`).
        is_measured: whether heading, headings above and caption, or a heading itself, tell of a measurement (`measures`).
        clause, near, before, after: the words around the chip, from wide to close.
        workload: the kind of work that the surroundings speak of.
        has_count, has_hours: whether a count and chip-hours are stated.
        others: how many other chips the sentence names.
        beside: the lines above and below, where `is_labelled` asks for them.
    """

    kind: Kind
    sentence: str
    lead: str
    heading: str
    row_head: str
    column_head: str
    heads: str
    caption: str
    first_row: bool
    upper_requires: bool
    is_measured: bool
    clause: str
    near: str
    before: str
    after: str
    workload: str
    has_count: bool
    has_hours: bool
    others: int
    beside: str = ""

    @property
    def table(self) -> str:
        """The table's heads, the column's head and the caption."""
        return f"{self.heads} {self.column_head} {self.caption[-200:]}"


_REMEMBERED = 256


def _has(expression: str) -> Callable[[str], bool]:
    """A question to a text; headings, leads and captions are asked again for each chip below them."""
    found = uncased(expression).search
    return lru_cache(maxsize=_REMEMBERED)(lambda text: found(text.lower()) is not None)


_result = _has(
    r"\d(?:[\d.,]*)\+?\s?(?:tokens?/s|tok/s|t/s|fps|it/s|s/it|s/iter|s/kimg|samp/s|ms\b|s\b|sec\b|seconds?|minutes?|mins?|hours?|hrs?|h\b|h/w|days?|weeks?|tflops|"
    r"小时|天|分钟|秒|時間|日間|分(?:間|程度|ほど|か|\d)|gb/s|gib\))|(?:tokens|tok)/s|per second|毫秒|[\d.]+x (?:faster|speed)|\d ?% (?:faster|reduction|speed)|提速|MFU"
)
_result_head = _has(
    r"kimg|speed|latency|throughput|time|fps|tokens?|tflops|samp|mfu|\bms\b|seconds|速度|延迟|耗时|吞吐|时间|用时|性能|performance|效率|memory usage|显存占用|结果|batch=|"
    r"usage|peak|bandwidth|cost|スループット|レイテンシ|時間|推理|it/s|hours|days|占用|\(G|train|score|acc"
)
_training_config = _has(
    r"epoch|batch[ _-]?size|learning[ _-]?rate|\blr\b|optimizer|warmup|weight decay|steps|sequence length|precision|dataset|config|超参|学习率|设置|参数量|Setting|Item|配置|tokens"
)
_requirement_head = _has(
    r"requirements?\b|prerequisite|硬件(?:要求|需求|配置)|显存(?:要求|需求)|配置要求|最低|推荐|動作環境|推奨|recommend|minimum|needed|required|资源需求|要求|suitable|"
    r"hardware (?:guide|spec|setup)|要件|環境要件|所需|device\b.*memory|memory.*device\b|support model"
)
_only_software = _has(r"^(?:environment|installation|install|环境|安装)")
_support_head = _has(
    r"support(?:ed|s)?\b|compatib|支持|适配|兼容|対応|\bnews\b|updates?\b|新闻|更新|动态|roadmap|to-?do|acknowledg|致谢|謝辞|feature|特性|亮点|highlights|changelog|release|community|社区|概要|介绍"
)
_news_head = _has(r"\bnews\b|updates?\b|新闻|更新|动态|release|changelog|お知らせ")
_measure_head = _has(
    r"benchmark|performance|性能|速度|speed|latency|throughput|results?\b|结果|实验|experiment|profil|评测|efficien|耗时|测试|training (?:cost|time|detail)|训练(?:细节|开销|成本|性能)|(?:学習|生成|推論|処理|実行)(?:時間|速度)|スピード|ベンチマーク|計測|evaluat"
)
_planned = _has(
    r"\[ \]|to-?do\b|coming soon|will be (?:supported|released|available)|计划|即将|未来|upcoming|roadmap|we plan|planned|予定|今後|計画|概算要求|将支持|期待"
)
_priced = _has(
    r"declined|not used|cancel+ed|for reasons of price|\$ ?\d|per hour|/hr\b|rental|\brent\b|voucher|租|单价|价格|元/|credits|sponsor|donat|grant|prize|thank|感谢|致谢|資助|资助|proud to|料金"
)
_lacking = _has(
    r"(?:does not|doesn't|do not|don't|not|cannot|can't|isn't|lacks?|without)\b[^.,;]{0,30}(?:support|have|work|available|compatible)|不支持|暂不|无法|サポートされて(?:い|お)り?ませ|limitations?|限制"
)
_tested = _has(
    r"\b(?:is|are|was|were|been|be)? ?(?:fully |extensively |only |mainly )?(?:tested|validated|verified|profiled|benchmarked|measured|evaluated|timed)\b(?! by you)|"
    r"tested (?:gpus?|on|with|using|env|config)|\bour tests?\b|based on our test|\bwe(?:'ve| have|'ve)? (?:also )?(?:support and )?(?:test|verif|validat|measur|profil|benchmark|evaluat)\w*|"
    r"testing and development|\btest(?:s|ing)? (?:was|were|is|are|environment|platform|machine)|实测|(?:进行|完成|通过)了?[^。]{0,12}(?:测试|验证|评测|测算)|(?:测试|评测|测算|验证)[^。]{0,6}(?:于|在|环境|均|运行|是|机器|平台|使用)|"
    r"在.{0,40}(?:测试|评测|测算|验证)|テスト(?:され|した|しま|済)|検証(?:し|済|環境)|動作確認|プロファイリング|計測|測定|tests? show|推理速度"
)
_ran = _has(
    r"\b(?:was|were|is|are|been|be|being)?\s?(?:pre-?|fine-?)?(?:trained|tuned|finetuned)\b(?!\s+(?:model|weights|checkpoint|version|network|backbone|parameters))[^.]{0,90}\b(?:on|using|with|for|in|by)\b|"
    r"\bwe (?:also |then |further |first |only |can )?(?:pre-?|fine-?)?(?:train|tune|use|used|utilize|run|ran|conduct|perform|experiment|adopt|leverage|employ|deploy|launch)\w*|"
    r"\b(?:took|takes|taking|lasted|spent|consumed?|costs?|requires?d)\b[^.]{0,60}(?:hours?|days?|weeks?|minutes?|seconds?|gpu)|(?:conducted|performed|run|ran|executed|done|completed|finished|implemented|carried out|trained|reproduced) (?:on|with|using|in)\b|"
    r"experiments? (?:are|were|is)|all (?:experiments|models|training)|hours? (?:of training )?(?:on|with|using)|days? (?:on|with|using)|(?:training|pretrain\w*|fine-?tuning|SFT|RL)[^.]{0,40}\b(?:ran|takes|took|uses|used|utilized|involves|run|was|were|done)\b|"
    r"我们(?:使用|采用|利用|在|用|通过|还使用|启用)|(?:训练|预训练|微调|精调|实验|推理)(?:过程|阶段|时间|任务|均|都)?[^。；]{0,14}(?:使用|采用|利用|在|基于|耗时|于|用时|花费|共)|(?:使用|采用|利用|基于|在|用)[^。；]{0,40}(?:训练|预训练|微调|完成|进行了?|跑了?|实验|耗时|推理)|"
    r"耗时|用时|花费|历时|跑了|(?:学習|訓練|実験|推論|トレーニング|ファインチューニング)(?:を|に|は|には|時)[^。]{0,40}(?:使用|用い|利用|行|かか|実施|した)|(?:で|を用いて|を使用し|を使って|上で)[^。]{0,40}(?:学習|訓練|実行|実験|トレーニング|行|推論)[^。]{0,8}(?:した|しました|され|行|ました|して)|動作しました|動きました|動作した|"
    r"utilized a cumulative|gpu[- ](?:hours?|days?)|tflops?(?:/s(?:ec)?)? per|throughput of|model flops? utilization|\bMFU\b|up to [\d.]+ ?x"
)
_needed = _has(
    r"\b(?:requires?|required|requiring|needs?|needed|at least|minimum|recommend\w*(?! (?:docker|settings?|config|version|image|value|hyper))|suggest\w*|suitable|sufficient|enough|suffices?|prefer\w*|must have|prepare an?|you(?:'|’)ll want|"
    r"ideal(?:ly)?|advis\w+|designed to support)\b|fits? (?:in|on|into|a|well|within)|需要|需至少|至少|最少|最低|推荐|建议|即可|就行|也行|足够|只需|必要|必須|推奨|おすすめ|要求|以上(?:显卡|GPU|的|配置|硬件|NVIDIA|のカード|のGPU)|があれば|用意する|或(?:更高|以上)|でも動|適し|适用于?|放得下|>=|≥|or (?:higher|better|above|equivalent|more)"
)
_possible = _has(
    r"\b(?:can|could|able to|possible to|allow\w*|enabl\w+|makes? it possible)\b[^.;]{0,80}|(?:deployable|runnable|trainable|possible|works?|runs?) (?:on|with|even)|可(?:以)?在|可(?:以)?(?:用|使用|运行|部署|通过)|能在|能够|也能|就能|能跑|能微调|可运行|上?可以|でき(?:ます|る)|可能|動作(?:し|可能)|実行でき|でも(?:動|使)"
)
_duration = _has(
    r"\d ?\*{0,2} ?(?:hours?|hrs?|days?|weeks?|months|minutes|mins|h\b|小时|天|分钟|時間|日間|分(?:間|程度|ほど|か))|hours of|gpu[- ]hours|flops? of compute|in (?:about |around |approximately )?(?:half a day|an hour|a day)"
)
_least = _has(r"at least|minimum|recommend|最少|至少|最低|推荐|建议|推奨|sufficient|enough")
_did = _has(r"\b(?:was|were|took|we|our|has been|have been|achiev\w+)\b|我们|耗时|了\b|ました")
_question = _has(
    r"^[^.。]{0,160}\b(?:would|can (?:i|we|it)|could (?:i|you|it)|is (?:it|there|this)|does|do i|should i|how (?:many|much|to|do|can)|what|which|am i|has anyone|will (?:it|this))\b[^.。]*\?\s*$|"
    r"(?:吗|是否|么|多少|能不能|可不可以|ですか|でしょうか|ますか)[^。]{0,12}[?？]\s*$|(?:请问|想问|求助)"
)
_from_to = _has(r"(?:from|从) ?(?:an? )?\x01+ ?(?:to|到) ?(?:an? )?\x01")
_blog = _has(r"\bblog\b|博客|see our|\bpaper\b:|\[paper\]|ブログ")
_supported_list = _has(
    r"supported (?:devices?|hardware|gpus?|platforms?|backends?|accelerators?|chips?|models?|vendors?|npus?)|(?:devices?|hardware|platforms?) supported|"
    r"支持的?(?:硬件|设备|显卡|芯片|平台|型号|厂商|列表)|hardware support|device support|support matrix|compatibility|対応(?:GPU|機種|デバイス|ハードウェア|プラットフォーム)"
)
_experiments = _has(
    r"(?:experiments?|evaluations?|measurements?|benchmarks?|trainings?) (?:\w+ ){0,3}(?:are|were|is|was) (?:all )?(?:conducted|performed|run|carried|done|executed)|experiments? (?:use|used|ran|run|take|took) |(?:executed|implemented|run) (?:on|using) (?:a|an|one) (?:single )?|"
    r"(?:实验|评测|测试)(?:均|都|全部)?(?:在|于|使用|基于)|(?:実験|評価)(?:は|には|では)"
)
_possible_verb = _has(
    r"run|running|execut|deploy|fit|load|train|fine-?tun|inference|serv|use|generat|try|运行|部署|训练|微调|推理|使用|跑|動作|動|実行|学習|推論|ファインチューニング|微調整|生成|利用|possible"
)
_supported = _has(
    r"\bsupport(?:s|ed|ing)?\b|compatib|\bworks? with|available (?:on|for|in)|optimi[sz]ed for|支持|适配|兼容|対応|サポート|原生|adapt(?:ed|s)|portab|now on|cross-platform|加入|新增|接入|増加|增加了对"
)
_example = _has(
    r"\be\.g\.|such as|for example|including|例如|比如|如[:： ]?[A-Z\d]|等(?:显卡|GPU)?|などの?|like (?:the )?|i\.e\.|architecture|compute capability|架构|アーキテクチャ|ampere|hopper|turing|volta|ada\b|sm_?\d\d"
)
_versus = _has(
    r"faster than|slower than|compared? (?:to|with)|\bvs\.?\b|than (?:an? |the )?(?:nvidia )?$|相当于|相近|约为|两倍|equivalent to|より(?:速|遅|高)|比.{0,12}(?:快|慢|低|高)|theoretical|理論|unlikely|on par|comparable|(?:from|从).{0,12}(?:to|到)"
)
_conditional = _has(
    r"\bif you\b|\bif your\b|when using|in case|如果|若|假设|场合|場合|suppose|assum|for users|users with|your gpu|你的|您的|お使い|\?$|？"
)
_command_near = _has(r"```|python3? |torchrun|bash |\bsh |--\w|srun|docker|pip install|\bexport ")
_howto = _has(
    r"\brun (?:the following|it|this)|following command|以下(?:命令|代码|脚本|指令)|下列|次の(?:コマンド|手順)|to (?:train|run|fine-?tune|reproduce|launch|start)|example|示例|命令|脚本|script|指引|指南|guide|tutorial|教程|how to"
)
_specified = _has(r"specifications?\b|\bspecs?$|data ?sheet|规格|仕様")
_ticked = _has(r"[✓✔✅√❌✗✘☑]|:white_check_mark:|:x:")
_hardware_word = _has(
    r"gpu|npu|hardware|memory|vram|device|card|server|显卡|显存|卡|硬件|设备|资源|机型|内存"
)
_hardware_and_memory = _has(
    r"(?:hardware|device|硬件|设备)\W*\|[^|]*(?:memory|显存)|(?:memory|显存)[^|]*\|\W*(?:device|hardware|设备|硬件)"
)
_measured_column = _has(r"time|speed|latency|throughput|used|usage|peak|cost|耗时|速度|延迟|占用|用时|时间")
_labelled = _has(
    r"^\W*(?:\d[.)]\W*)?(?:nvidia |test |used )?(?:gpus?|npus?|hardware|devices?|accelerators?|graphics(?: card)?|显卡|加速卡|硬件|设备|机器|机型|芯片|グラフィック\w*|グラボ)(?: ?(?:型号|型|model|type))?\W{0,3}[:：]"
)
_kit = _has(
    r"^\W*(?:os|cpu|ram|cuda|python|py?torch|driver|cudnn|memory|disk|cann|操作系统|系统|内存|驱动|メモリ|显存)(?: ?(?:version|版本|toolkit))?\W{0,4}(?:[:：=]|\d)"
)
_against = _has(
    r"\b(?:not|don't|doesn't|never) (?:be )?recommend|discourag|不推荐|不建议|非推奨|推奨(?:し|され)(?:ない|ません|て(?:い)?ません)"
)
_rate = _has(
    r"[$￥¥€] ?\d[\d.,]*(?:[ -]?[–~〜-] ?[$￥¥€]?\d[\d.]*)? ?(?:per|/|an) ?(?:gpu[- ]?)?h(?:ou)?r?\b|1 ?時間[^。]{0,12}[$￥¥円]|租卡|单价|hourly rate|每小时 ?\d"
)
_condition_on = _has(
    r"(?:\bif you(?:'re|’re| are)? (?:not )?(?:using|on|running|use)\b|\bwhen (?:using|running on)\b|如果(?:您|你)?(?:不是?)?(?:在|使用|用)|若(?:使用|用))[^.。,，;；]{0,40}$"
)
_newly_supported = _has(
    r"をサポート|に対応し|支持了|已支持|现已支持|新增(?:了)?(?:对)?|(?:adds?|added|now|officially|initial) support|\bsupport(?:s|ed)? (?:for )?(?:training|inference|fine-?tuning|running)"
)
_enabled = _has(
    r"\b(?:allow(?:s|ing)?|enabl(?:es|ing)|permit(?:s|ting)?) (?:\w+ ){0,3}to\b|(?:reduc|lower)\w* (?:the )?(?:\w+ )?requirements?|降低[^。]{0,12}(?:要求|门槛)"
)
_composed = _has(
    r"\b(?:includes?|comes with|ships with|contains?|has|houses|featur(?:es|ing)|packs)\b[^.,;]{0,20}$|内置|配备|搭載した"
)
_set_on = _has(r"\b(?:on|using|with)\b[^.,;]{0,30}$|在[^，。]{0,20}$|使用[^，。]{0,20}$|で$")
_check_cells = _has(r"[✓✔✅√❌✗✘×☑]|\byes\b|\bno\b|supported|是|否|支持|:white_check_mark:|:x:")
_hardware_cell = _has(
    r"^\W*(?:hardware|gpus?|device|devices|machine|server|accelerator|chip|硬件|显卡|设备|机器|机型|芯片|GPU型号|硬件型号|ハードウェア|resource|GPUs? for training|training hardware|compute)\W*$"
)


_told_how = _has(
    r"^\W*(?:to|for) (?:pre-?|fine-?)?(?:train|tun|run|evaluat|reproduc|launch|start|test|deploy|infer)|^\W*(?:run|launch|start|use|train|you)\b|"
    r"follow(?:ing|s)\b|example|[:：]\s*$|如下|下列|以下|例如|如使用|比如|示例|--\w|を用いて|次の|\bcan be\b|supports?\b|不|如果|\bif\b"
)
_told_of = _has(
    r"\b(?:is|are|was|were|been)\b[^.]{0,80}\b(?:trained|tuned|fine-?tuned|tested|done|run|evaluated|performed|conducted|measured)\b|"
    r"\bwe (?:also |then |first |only |further )?(?:pre-?|fine-?)?(?:train|use|tun|test|ran|run|evaluat|conduct|deploy)\w*|\btraining (?:involves|took|takes|uses|used|ran)\b|"
    r"\b(?:uses?|used|took|takes) [^.]{0,30}\bfor (?:pre-?)?training|我们[^。，]{0,12}(?:使用|采用|用|在)(?!的)|(?:在|于)[^。，]{0,24}上[^。，]{0,6}(?:测试|训练|完成|实现)|(?:训练|测试|微调)了|deliver\w* a throughput|achiev\w+[^.]{0,60}\bon\b|"
    r"(?:で|を使用し|を使って)[^。]{0,30}(?:学習|訓練|実験|測定|実行)(?:した|しました|され|を行)"
)


def requires(headings: str) -> bool:
    """Whether headings ask for something: requirements, a recommended machine.

    >>> requires("Hardware requirements"), requires("Results")
    (True, False)
    """
    return _requirement_head(headings)


def measures(words: str) -> bool:
    """Whether headings and captions tell of a measurement or an experiment.

    >>> measures("Benchmarks / Throughput"), measures("Installation")
    (True, False)
    """
    return _measure_head(words)


def is_labelled(sentence: str) -> bool:
    """Whether a line names hardware as one part of a kit ("GPU: A100"), so that the lines beside it tell what it is.

    >>> is_labelled("GPU: A100"), is_labelled("We trained on A100.")
    (True, False)
    """
    return _labelled(sentence)


def reports_a_run(view: View) -> bool:
    """Whether the sentence tells of a run that took place, rather than how to make one."""
    return view.kind in (Kind.PROSE, Kind.LIST) and _told_of(view.sentence) and not _told_how(view.sentence)


def verdict(view: View) -> tuple[str, str]:
    """What the mention is for by rule of thumb, and the rule's name.

    Args:
        view: the surroundings of the chip's name.

    Returns:
        ("use" | "requirement" | "mention_only", rule name).
    """
    match view.kind:
        case Kind.TABLE:
            return _in_table(view)
        case Kind.HEADING:
            return _in_heading(view)
        case _:
            return _in_prose(view)


def _in_table(view: View) -> tuple[str, str]:
    row, heads = view.sentence, view.table
    if view.row_head.lstrip("` *").startswith("-") and not _result(view.near):
        return MENTION, "argument-table"
    if view.has_hours:
        return USE, "hours-row"
    if view.first_row and view.has_count and _measure_head(f"{view.caption} {view.heading}"):
        return USE, "result-head"
    if view.first_row and (_result_head(view.near) or _result(row)):
        return USE, "result-head"
    if _ticked(row) and not _result(row):
        return MENTION, "ticked-row"
    if _asks_for_hardware(view) and not _result(row):
        return REQUIREMENT, "requirement-table"
    if _result(row):
        return USE, "result-row"
    if _hardware_cell(view.row_head):
        return USE, "hardware-row"
    if _result_head(view.heads) and re.search(r"\|\s*[\d.,~]+\s*\|", row):
        return USE, "number-row"
    if _needed(row) or view.upper_requires:
        return REQUIREMENT, "needed-row"
    if _support_head(f"{heads} {view.heading}") or _check_cells(row):
        return MENTION, "support-table"
    if view.is_measured:
        return USE, "measured-table"
    return MENTION, "plain-table"


def _in_heading(view: View) -> tuple[str, str]:
    if _requirement_head(view.sentence) or _needed(view.sentence):
        return REQUIREMENT, "requirement-heading"
    if _lacking(view.sentence) or _supported(view.sentence) or _planned(view.sentence):
        return MENTION, "support-heading"
    if view.workload or view.is_measured:
        return USE, "work-heading"
    return MENTION, "plain-heading"


def _in_prose(view: View) -> tuple[str, str]:
    for rule, holds, answer in _prose_rules(view):
        if holds:
            return answer if isinstance(answer, str) else answer(view), rule
    return (USE, "work-here") if view.workload and view.has_count else (MENTION, "plain")


def _prose_rules(view: View) -> Iterator[tuple[str, bool, str | Callable[[View], str]]]:
    """The rules of prose in order, with whether each holds and its answer; one is asked only where none before it holds."""
    listed = view.kind is Kind.LIST or len(view.sentence.strip()) < 70
    yield "question", _question(view.sentence), MENTION
    yield "rate", _rate(view.near) and not _ran(view.near), MENTION
    yield "took", _took(view), USE
    yield "planned", _planned(view.near) or (view.sentence.lstrip(" -*+").startswith("[ ]")), MENTION
    yield "priced", _priced(view.near) and not _ran(view.near), MENTION
    yield "hours", view.has_hours, USE
    yield "advised-against", _against(view.near), MENTION
    yield "needed-clause", _needed(view.clause) and not _tested(view.clause) and not _took(view), REQUIREMENT
    yield "tested-on", _tested(view.near), USE
    yield "lacking", _lacking(view.near), MENTION
    yield "condition-on", _condition_on(view.before), MENTION
    yield "kit-list", _labelled(view.sentence) and _kit_around(view), _kit_kind
    yield "from-to", _from_to(view.near), MENTION
    yield "blog", _blog(view.sentence[:120]) and not view.has_count, MENTION
    yield (
        "supported-list",
        listed and _supported_list(f"{view.heading} {view.lead}") and not _tested(view.near),
        _support_kind,
    )
    yield "example-list", _bracketed_example(view), _support_kind
    yield (
        "possible-with",
        (
            _possible(view.near)
            and _possible_verb(view.near)
            and not _did(view.near)
            and not _result(view.near)
        ),
        REQUIREMENT,
    )
    yield "needed-near", _needed(view.near), REQUIREMENT
    yield "conditional", _conditional(view.sentence) and not _ran(view.near), _conditional_kind
    yield "enabled", _enabled(view.sentence) and not _did(view.near) and not _result(view.near), REQUIREMENT
    yield "counted-run", view.has_count and bool(view.workload) and _set_on(view.before), USE
    yield "newly-supported", _newly_supported(view.near) and not view.has_count, _support_kind
    yield "tested-lead", listed and (_tested(view.lead) or _tested(view.heading)), USE
    yield "experiments", _experiments(view.sentence), USE
    yield "ran-near", _ran(view.near) and bool(view.workload), USE
    yield "supported", _supported(view.near), _support_kind
    yield "versus", _versus(view.near) and not _result(view.sentence), MENTION
    yield "result", _result(view.near), USE
    yield (
        "requirement-lead",
        listed and bool(_requirement_head(view.lead) or _requirement_head(view.heading)),
        REQUIREMENT,
    )
    yield "supported-lead", listed and _supported(view.lead + view.heading), MENTION
    yield "ran-sentence", _ran(view.sentence) and bool(view.workload), USE
    yield "needed-sentence", _needed(view.sentence), REQUIREMENT
    yield (
        "requirement-upper",
        listed and view.upper_requires and not _measure_head(view.heading),
        REQUIREMENT,
    )
    yield "example", _example(view.near), MENTION
    yield "composed", _composed(view.before) and not _ran(view.sentence), MENTION
    yield "measured-list", listed and _measure_head(view.heading + view.lead), USE
    yield "howto", bool(view.workload) and (_howto(view.sentence) or _howto(view.lead)), USE
    yield "news", _news_head(view.heading) and not view.has_count, MENTION
    yield (
        "work-on",
        (
            bool(view.workload)
            and bool(
                re.search(
                    r"\b(?:on|using|with|by)\b|在|使用|用|で|上|基于", view.before[-30:] + view.after[:4]
                )
            )
        ),
        USE,
    )


def _took(view: View) -> bool:
    """Whether time or compute was spent on a run, though the verb is one of need ("requires 9 days on 64 H800")."""
    return _duration(view.sentence) and (_ran(view.sentence) or bool(view.workload)) and not _least(view.near)


def _kit_around(view: View) -> bool:
    """Whether the lines beside name the other parts of a machine: its system, its memory, its libraries."""
    return any(_kit(line) for line in view.beside.splitlines())


def _kit_kind(view: View) -> str:
    """What a machine's list of parts says: what was used, unless its head or lead asks for it or specifies a product."""
    around = f"{view.heading} {view.lead}"
    if _tested(around):
        return USE
    if _requirement_head(around):
        return REQUIREMENT
    return MENTION if _specified(view.heading) else USE


def _asks_for_hardware(view: View) -> bool:
    """Whether a table says what is needed: by its heading, its caption, the chip's column or a column of hardware."""
    if _requirement_head(f"{view.column_head} {view.caption[-200:]} {view.heading}"):
        return True
    cells = view.heads.split("|")
    if any(_requirement_head(cell) and _hardware_word(cell) for cell in cells):
        return True
    return _hardware_and_memory(view.heads) and not _measured_column(view.heads)


def _bracketed_example(view: View) -> bool:
    """Whether the chip stands in a bracketed list of examples, "(e.g. A100, RTX 3090)"."""
    return (
        view.others >= 1
        and re.search(r"[(（][^()（）]{0,60}(?:e\.g|such as|例如|如|like)[^()（）]*$", view.before)
        is not None
    )


def _conditional_kind(view: View) -> str:
    return REQUIREMENT if _needed(view.sentence) or _possible(view.sentence) else MENTION


def _support_kind(view: View) -> str:
    return REQUIREMENT if _requirement_head(view.heading + view.lead) else MENTION
