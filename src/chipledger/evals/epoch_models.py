"""Epoch AI's tables of models, as published (CSV): training compute, date and hardware by model.

Takes one of its files (notable, large-scale or all models); gives training runs. The file has dozens of columns that come
and go, so that only those needed are asked for; a row without a date or a compute is no training run and is passed over, one whose
figures cannot be read is told with its line.
"""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from chipledger.core.errors import InputError
from chipledger.core.sources import Grade
from chipledger.evals.published import TrainingRun

SOURCE = "epoch-models-given"
LARGEST_BYTES = 256 << 20
_NEEDED = ("Model", "Publication date", "Training compute (FLOP)")
_OPTIONAL = {
    "organisation": ("Organization",),
    "country": ("Country (of organization)", "Country (from Organization)"),
    "confidence": ("Confidence",),
    "hardware": ("Training hardware",),
    "hardware_count": ("Hardware quantity",),
}


def epoch_models(path: Path) -> dict[str, TrainingRun]:
    """The models of a table whose date and training compute are known, by name; of a repeated name the first.

    Args:
        path: the CSV file.

    Raises:
        InputError: it is no such table, is too large, or a row's figures cannot be read.
    """
    found: dict[str, TrainingRun] = {}
    for line, row in _rows(path):
        if row["Model"] and row["Publication date"] and row["Training compute (FLOP)"]:
            run = _run(row, f"{path.name}:{line}")
            found.setdefault(run.model, run)
    return found


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(
                f"more than {LARGEST_BYTES} bytes", where=str(path), expected="a table of models"
            )
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    f"no column {missing[0]!r}",
                    where=str(path),
                    expected="a table of models as Epoch AI publishes it",
                )
            for row in reader:
                yield (
                    reader.line_num,
                    {
                        name: (value or "").strip()
                        for name, value in row.items()
                        if isinstance(name, str) and not isinstance(value, list)
                    },
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None


def _run(row: Mapping[str, str], where: str) -> TrainingRun:
    given = {
        name: next((row[one] for one in columns if row.get(one)), None) for name, columns in _OPTIONAL.items()
    }
    count = given.pop("hardware_count")
    try:
        return TrainingRun.model_validate(
            {
                **given,
                "hardware_count": round(float(count)) if count else None,
                "model": row["Model"],
                "released_on": row["Publication date"],
                "training_flop": float(row["Training compute (FLOP)"]),
                "source": SOURCE,
                "grade": Grade.QUOTED,
            }
        )
    except (ValueError, OverflowError, ValidationError) as error:
        why = error.errors()[0]["msg"].lower() if isinstance(error, ValidationError) else str(error)
        raise InputError(
            f"{row['Model']}: {why}", where=where, expected="YYYY-MM-DD, and a positive number of FLOP"
        ) from None
