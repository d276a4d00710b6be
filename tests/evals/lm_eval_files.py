"""Files in the format of lm-evaluation-harness, made here: a results file and the samples of its tasks."""

import hashlib
import json
from typing import Any

BEGAN = 1793620800.25  # 2026-11-02 12:00 UTC


def sample(number: int, acc: object = 1.0, **changes: Any) -> dict[str, Any]:
    """One line of samples, with one metric."""
    marks = {key: hashlib.sha256(f"{key}{number}".encode()).hexdigest() for key in ("doc_hash", "prompt_hash", "target_hash")}  # fmt: skip
    line = {
        "doc_id": number,
        "doc": {"question": f"toy {number}", "subject": "ab"[number % 2]},
        "target": "4",
        "arguments": {"gen_args_0": {"arg_0": "toy"}},
        "resps": [["4"]],
        "filtered_resps": ["4"],
        "filter": "none",
        "metrics": ["acc"],
        **marks,
        "acc": acc,
    }
    return line | changes


def lines(*samples: dict[str, Any]) -> bytes:
    """The file of samples."""
    return "".join(json.dumps(one) + "\n" for one in samples).encode()


def marks_of(*samples: dict[str, Any]) -> str:
    """The hash of samples that a results file carries."""
    text = "".join(one["doc_hash"] + one["prompt_hash"] + one["target_hash"] for one in samples)
    return hashlib.sha256(text.encode()).hexdigest()


def results(**changes: Any) -> dict[str, Any]:
    """A results file of two tasks."""
    whole = {
        "results": {
            "toy": {"alias": "toy", "acc,none": 0.75, "acc_stderr,none": 0.05, "acc_norm,none": 0.5, "acc_norm_stderr,none": "N/A"},
            "other": {"alias": "other", "exact_match,strict-match": 0.25, "exact_match_stderr,strict-match": 0.1},
        },
        "configs": {"toy": {"task": "toy"}},
        "versions": {"toy": 1.0, "other": 2},
        "n-shot": {"toy": 5, "other": 0},
        "n-samples": {"toy": {"original": 100, "effective": 80}},
        "config": {"model": "hf", "model_args": "pretrained=lab/small"},
        "date": BEGAN,
        "task_hashes": {},
        "model_source": "hf",
        "model_name": "lab/small",
    }  # fmt: skip
    return whole | changes


def results_file(**changes: Any) -> bytes:
    """The same as bytes."""
    return json.dumps(results(**changes), indent=2).encode()
