"""Bad input of `chipledger perf` at the terminal: one line that says what is wrong and what would be right, and status 2; Ctrl-C ends with 3."""

import signal
import subprocess
import sys
import time

import pytest

from chipledger.apps.cli.commands import run

ESTIMATE = ("estimate", "llama-2-70b", "--chip", "h100", "--chips", "16")
SEARCH = ("search", "llama-2-7b", "--chip", "a100-sxm", "--chips", "8")


def refused(capsys, *arguments):
    """The one line of a refusal."""
    status = run(["perf", *map(str, arguments)])
    printed = capsys.readouterr()

    assert status == 2
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "Traceback" not in printed.err
    return printed.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--layout", "tp=8 mbs=1"), ("GiB on a chip of 79.2 GiB: optimizer", "the nearest that fits: tensor 8")),
        (("--chips", "24", "--layout", "tp=3"), ("64 heads do not divide among tensor 3", "the nearest that fits: tensor")),
        (("--layout", "tp=3"), ("16 chips are no multiple of tp x pp x cp = 3",)),
        (("--layout", "tp=8 pp=2 mbs=3"), ("does not divide into data 1 x micro_batch 3", "the nearest that fits")),
        (("--layout", "tp=8 ep=2"), ("has no experts to share among expert 2",)),
        (("--layout", "warp=8"), ("no such part of a layout: 'warp'", "tp, pp")),
        (("--layout", "tp=eight"), ("'tp=eight' tells no layout", "tp=8")),
        (("--chips", "20"), ("fill no whole number of nodes of 8", "16 or 24")),
        (("--chips", "0"), ("--chips",)),
        (("--chips", "-8"), ("--chips",)),
        (("--tokens", "7 apples"), ("is no amount (--tokens)", "7T")),
        (("--tokens", "7TB"), ("is no amount (--tokens)", "7T")),
        (("--tokens", "-7T"), ("is no amount (--tokens)",)),
        (("--tokens", "0"), ("is no amount (--tokens)",)),
        (("--tokens", "1e40T"), ("--tokens",)),
        (("--goodput", "1.5"), ("--goodput",)),
        (("--formats", "fp7"), ("no such format: 'fp7'", "bf16")),
    ],
)  # fmt: skip
def test_an_estimate_that_cannot_be_says_why_and_what_can(capsys, words, told):
    asked = [*ESTIMATE[:4], *words] if "--chips" in words else [*ESTIMATE, *words]
    line = refused(capsys, *asked)

    for one in told:
        assert one in line


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--precision", "fp8"), ("no dense fp8 rate is known of nvidia-a100-sxm-80: it is unknown, not zero", "bf16")),
        (("--precision", "fp9"), ("no such format: 'fp9'",)),
        (("--chips", "8,16x"), ("'16x' is no amount (--chips)",)),
        (("--engine", "spark"), ("no such engine: 'spark'", "local or daft or ray")),
        (("--jobs", "0"), ("0 jobs cannot do anything",)),
        (("--jobs", "100000"), ("more than any machine works on",)),
        (("--top", "0"), ("--top",)),
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_says_why(capsys, words, told):
    line = refused(capsys, *SEARCH, *words)

    for one in told:
        assert one in line


def test_a_search_in_which_nothing_fits_tells_the_memory_that_the_smallest_needs(capsys):
    line = refused(capsys, "search", "gpt3-175b", "--chip", "a100-sxm", "--chips", "8")

    assert "the smallest needs 3" in line
    assert "GiB on a chip of 79.2 GiB" in line
    assert "use more chips" in line


def test_a_format_that_the_chip_lacks_is_unknown_and_never_zero(capsys):
    line = refused(capsys, *ESTIMATE[:2], "--chip", "a100-sxm", "--chips", "16", "--formats", "fp8")

    assert "unknown, not zero" in line
    asked = (*ESTIMATE[:2], "--chip", "a100-sxm", "--chips", "16", "--formats", "fp8", "--layout", "tp=8")
    assert "unknown, not zero" in refused(capsys, *asked)


def test_a_chip_that_was_never_calibrated_is_told_with_a_wider_interval(capsys):
    assert run(["perf", "estimate", "llama-2-7b", "--chip", "mi300x", "--chips", "8"]) == 0
    assert "no training run on amd-mi300x was fitted: constants of the class" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_a_search_cleanly(jobs):
    words = [
        "search",
        "gpt3-175b",
        "--chip",
        "a100-sxm",
        "--chips",
        "4096,8192,16384",
        "--batch",
        "16384",
        "--wide",
        "--jobs",
        jobs,
    ]
    command = [sys.executable, "-m", "chipledger", "perf", *words]
    asked = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)  # fmt: skip
    time.sleep(3)
    asked.send_signal(signal.SIGINT)
    printed, told = asked.communicate(timeout=30)

    assert asked.returncode == 3
    assert printed == ""
    assert "interrupted" in told
    assert "Traceback" not in told
