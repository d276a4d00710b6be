"""Inspect logs built by hand for tests: the members as Inspect names them, packed by what the standard library knows."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

REAL = Path(__file__).parent / "logs" / "generated-arithmetic.eval"


def header(**changes: Any) -> dict[str, Any]:
    """A header as Inspect writes it; `changes` to its spec stand under `eval`, others at the top."""
    spec = {
        "created": "2026-11-02T23:30:00+00:00",
        "task": "toy",
        "task_id": "T1",
        "eval_id": "E1",
        "run_id": "R1",
        "task_version": 2,
        "dataset": {"name": "toy", "samples": 2},
        "model": "openai-api/local/m",
        "config": {"epochs": 1, "token_limit": 900},
        "metadata": {"chipledger": {"benchmark": "toy-bench", "elicitation": "tools", "rule_hash": "f" * 20}},
        "scorers": [{"name": "match", "metrics": [{"name": "stderr", "options": {"cluster": "codebase"}}]}],
    }
    whole = {
        "version": 2,
        "status": "success",
        "eval": spec | changes.pop("eval", {}),
        "plan": {"config": {"max_tokens": 64}},
        "results": {"total_samples": 2, "completed_samples": 2},
        "stats": {"started_at": "2026-11-03T00:10:00+02:00"},
    }
    return whole | changes


def summary(item: str, value: object = "C", **changes: Any) -> dict[str, Any]:
    """A sample's summary with one score by `match`."""
    return {
        "id": item,
        "epoch": 1,
        "metadata": {"codebase": "a"},
        "scores": {"match": {"value": value}},
    } | changes


def zipped(members: dict[str, Any], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of JSON members; a text stands as it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as log:
        for name, value in members.items():
            log.writestr(name, value if isinstance(value, str | bytes) else json.dumps(value))
    return out.getvalue()


def log_of(*summaries: dict[str, Any], **changes: Any) -> bytes:
    """A finished log of these samples."""
    return zipped({"summaries.json": list(summaries), "header.json": header(**changes)})
