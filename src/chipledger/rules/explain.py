"""A classification or a status as a paragraph for the file: figures, paragraphs, citations, what is near, what is missing.

Takes an Item and its Classification, or a Status; gives plain sentences. They describe what the text says of the figures given and
advise nothing.
"""

from collections.abc import Iterable

from chipledger.core.truth import Verdict
from chipledger.rules.classify import Classification, Met, cite_text
from chipledger.rules.criteria import METRICS, Line
from chipledger.rules.item import Item
from chipledger.rules.status import Layer, Status

DISCLAIMER = "This is a self-classification from the figures given, not a ruling of the Bureau of Industry and Security, and not legal advice."
REMAINS = (
    "A part outside 3A090 is not for that reason free of control: other entries of the Commerce Control List may name it "
    "(3A991.p, 4A994.l, 5A992.c and others), and end-use and end-user rules apply to every item subject to the EAR."
)


def explained(item: Item, found: Classification) -> str:
    """The classification as one paragraph.

    Args:
        item: the facts that were classified.
        found: what `classify` said of them.

    >>> from datetime import date
    >>> from chipledger.rules.classify import classify
    >>> from chipledger.rules.stated import Specification
    >>> a30 = Specification(name="A30", total_processing_performance=2640, die_area_mm2=826, marketed_for_data_center="yes").item()
    >>> print(explained(a30, classify(a30, date(2024, 3, 1))).split(". ")[1])
    It meets 3A090.b.1 (TPP 2640 is at least 2400; TPP 2640 is below 4800; performance density 3.196 is at least 1.6;
    performance density 3.196 is below 5.92; stated to be designed or marketed for data centres)
    """
    sentences = [_facts(item, found), *_answer(found), *_near(found), *_missing(found), *_cites(found)]
    if not found.ic:
        sentences.append(REMAINS)
    return " ".join([*sentences, DISCLAIMER])


def _facts(item: Item, found: Classification) -> str:
    figures = [text for name in METRICS if (text := _figure(name, item))]
    stated = f"with {_listed(figures)}" if figures else "of which no figure is stated"
    market = item.marketed_for_data_center
    said = "what it is marketed for is not known" if market.is_unknown else "; ".join(market.reasons)
    return f"{_capital(item.name)}, {stated} ({said}), was classified under ECCN 3A090 as of {found.on}."


_DERIVED = ("memory_plus", "processing_performance")


def _figure(name: str, item: Item) -> str:
    metric = METRICS[name]
    quantity = None if name.startswith(_DERIVED) else metric.read(item)
    if quantity is None:
        return ""
    floor = "at least " if quantity.floor else ""
    return f"{metric.label} {floor}{Line(name, metric, 0.0, True).shown(quantity.value)}"


def _answer(found: Classification) -> Iterable[str]:
    met = [one for one in found.paragraphs if one.truth.is_yes]
    for one in met:
        yield f"It meets {one.eccn} ({_why(one)})."
    if met:
        if found.board:
            yield f"A board, module or computer that holds it falls under {found.board}."
        if found.z:
            yield f"Described by its host entry it falls under {_listed(list(found.z))}."
    if found.otherwise:
        yield f"Of other entries read here it meets {_listed(list(found.otherwise))}."
    if not found.paragraphs:
        yield f"It meets no paragraph: {'; '.join(found.truth.reasons)}."
    unmet = [one for one in found.paragraphs if one.truth.is_no]
    if unmet:
        yield f"It does not meet {_listed([f'{one.eccn} ({_why(one)})' for one in unmet])}."


def _near(found: Classification) -> Iterable[str]:
    for near in found.near:
        yield f"For {near.eccn} {near.reason}; the answer is exact on the figure given, and a figure on the other side would change it."
    if found.paragraphs and not found.near:
        yield "No line lies within the rounding of the figures given."


def _missing(found: Classification) -> Iterable[str]:
    for one in found.paragraphs:
        if one.truth.value is Verdict.UNKNOWN:
            yield f"Whether it meets {one.eccn} cannot be told: {_why(one)}."


def _cites(found: Classification) -> Iterable[str]:
    deciding = [one for one in found.paragraphs if not one.truth.is_no] or found.paragraphs
    if cites := dict.fromkeys(cite_text(one.cite) for one in deciding):
        yield f"Text: {'; '.join(cites)}."


def _why(one: Met) -> str:
    return "; ".join(one.truth.reasons)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


NO_ADVICE = (
    "This tells what published texts and known letters said, from the facts given; it is not legal advice."
)


def explained_status(found: Status) -> str:
    """A status as one paragraph that can be filed: each layer with its reasons, exceptions, review and citations.

    Args:
        found: what `status` said.

    >>> from datetime import date
    >>> from chipledger.catalogue.chip import chip
    >>> from chipledger.rules.item import item_of
    >>> from chipledger.rules.status import status
    >>> print(explained_status(status(item_of(chip("nvidia-h20")), "CN", on=date(2025, 5, 1))).split(". ")[0])
    nvidia-h20, export of the commodity to CN on 2025-05-01: a licence was required
    """
    deal = found.transaction
    act = f"{deal.action.value.replace('_', ' ')} of the {deal.item_kind.value}"
    facts = {name: value for name, value in deal.as_dict().items() if name not in _ALWAYS_SAID}
    given = (
        f" ({', '.join(f'{name.replace(chr(95), chr(32))}: {value}' for name, value in facts.items())})"
        if facts
        else ""
    )
    opening = f"{found.chip}, {act} to {deal.destination} on {found.on}{given}: {_VERDICT[found.license_required.value]}."
    layers = [_of_layer(name, layer) for name, layer in found.layers.items()]
    return " ".join([opening, *layers, *(f"Beside it, {one}." for one in found.guidance), NO_ADVICE])


_ALWAYS_SAID = ("destination", "action", "item_kind")
_VERDICT = {
    Verdict.YES: "a licence was required",
    Verdict.NO: "no licence was required by the enforced text or a known letter",
    Verdict.UNKNOWN: "whether a licence was required is not known",
}
_LAYER = {
    "codified": "By the text as codified",
    "enforced": "By the text as enforced",
    "letters": "By letters to the sender",
    "destination_practice": "As to measures of the destination itself",
}


def _of_layer(name: str, layer: Layer) -> str:
    answer = {Verdict.YES: "yes", Verdict.NO: "no", Verdict.UNKNOWN: "unknown"}[layer.license_required.value]
    met = f" under {_listed(list(layer.paragraphs))}" if layer.paragraphs else ""
    parts = [f"{_LAYER[name]}: {answer}{met} ({'; '.join((*layer.license_required.reasons, *layer.notes))})"]
    if layer.review_policy:
        parts.append(f"review: {layer.review_policy.replace('_', ' ')}")
    parts += [str(one) for one in layer.exceptions]
    if layer.cites:
        parts.append(f"sources: {'; '.join(dict.fromkeys(cite_text(cite) for cite in layer.cites))}")
    return ". ".join(parts) + "."
