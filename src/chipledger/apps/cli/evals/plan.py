"""`chipledger evals plan`: what a look under a rule can show before it is run, and what it takes."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from chipledger.apps.cli.evals.options import FormatOption, RegisterOption, emit_figures
from chipledger.apps.cli.output import Format
from chipledger.core.errors import InputError
from chipledger.evals.plan import Load, Plan, Price, plan
from chipledger.evals.register import load_register
from chipledger.evals.statistics.power import Noise

COLUMNS = ("benchmark", "items", "available", "threshold", "half_width", "smallest_crossing", "power_at_truth", "needed_items",
           "cost", "hours", "beware")  # fmt: skip


def command(
    use_case: Annotated[str, typer.Argument(metavar="USE_CASE", help="The id of a use case.")],
    benchmark: Annotated[
        list[str] | None,
        typer.Option(help="Only this benchmark; may be repeated. All of the use case if not given."),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            help="How far beyond the threshold a model stands for which the size is worked out; a tenth at most if not given."
        ),
    ] = None,
    power: Annotated[
        float, typer.Option(min=0.5, max=0.99, help="The chance wanted of showing it in one look.")
    ] = 0.8,
    cluster_size: Annotated[
        float, typer.Option(min=1.0, help="Items in a cluster, if items come in clusters.")
    ] = 1.0,
    icc: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="How much items of a cluster resemble each other.")
    ] = 0.0,
    noise_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="The share of an item's variance that is luck of the run.")
    ] = 0.0,
    tokens: Annotated[
        str | None, typer.Option(help="IN/OUT tokens of one answer, such as 4000/1500.")
    ] = None,
    price: Annotated[
        str | None,
        typer.Option(help="IN/OUT price of a million tokens, with its currency, such as 3/15 USD."),
    ] = None,
    price_source: Annotated[str | None, typer.Option(help="Where the price stands.")] = None,
    priced_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day the price was read.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="From start to score of one answer.")] = None,
    connections: Annotated[int, typer.Option(min=1, help="Answers under way at once.")] = 10,
    register: RegisterOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """What one look under each rule can show, how large it would have to be, and what it costs in money and time.

    What is not given stays unknown: no price is assumed.

    Example: chipledger evals plan cyber-offence-autonomous --tokens 60000/8000 --price "3/15 USD" --price-source "price page" --priced-on 2026-11-20
    """
    loaded = load_register(register)
    entry = loaded.use_case(use_case)
    links = [entry.link(name) for name in benchmark] if benchmark else entry.links
    noise = Noise(cluster_size=cluster_size, correlation=icc, noise_share=noise_share)
    asked = _price(price, price_source, priced_on)
    load = _load(tokens, seconds, connections)
    rows = [
        _row(plan(entry, link, loaded.benchmark(link.benchmark), noise=noise, margin=margin, power=power, price=asked, load=load))
        for link in links
    ]  # fmt: skip
    emit_figures(rows, COLUMNS, format, f"{entry.title}: what one look can show")


def _pair(text: str, option: str, expected: str) -> tuple[float, float]:
    left, _, right = text.partition("/")
    try:
        return float(left), float(right)
    except ValueError:
        raise InputError(f"not a pair: {text!r}", where=option, expected=expected) from None


def _price(price: str | None, source: str | None, on: datetime | None) -> Price | None:
    if price is None:
        return None
    if source is None or on is None:
        raise InputError(
            "a price needs its source and its day",
            where="--price",
            expected="--price-source and --priced-on too",
        )
    amounts, _, currency = price.partition(" ")
    if not currency:
        raise InputError(
            f"no currency in {price!r}", where="--price", expected="IN/OUT CURRENCY, such as 3/15 USD"
        )
    low, high = _pair(amounts, "--price", "IN/OUT CURRENCY, such as 3/15 USD")
    return Price(
        input_per_million=low, output_per_million=high, currency=currency, source=source, priced_on=on.date()
    )


def _load(tokens: str | None, seconds: float | None, connections: int) -> Load:
    given, answered = _pair(tokens, "--tokens", "IN/OUT, such as 4000/1500") if tokens else (None, None)
    return Load(input_tokens=given, output_tokens=answered, seconds=seconds, concurrency=connections)


def _row(made: Plan) -> dict[str, Any]:
    fields = asdict(made)
    return {
        **fields,
        "danger": made.danger.value,
        "needed_items": made.needed.items if made.needed else None,
        "hours": None if made.seconds is None else made.seconds / 3600,
        "beware": list(made.reasons),
    }
