import pytest

from chipledger.documents.formats import format_of, is_binary_name


@pytest.mark.parametrize(
    ("name", "head", "format"),
    [
        ("README.md", b"", "markdown"), ("paper/main.TEX", b"", "latex"), ("index.htm", b"", "html"),
        ("train.slurm", b"", "shell"), ("Dockerfile", b"FROM x", "source"), ("README", b"# H20", "text"),
        ("notes.txt", b"<!DOCTYPE html><p>", "html"), ("page", b"\n  <HTML lang=zh>", "html"),
        ("run", b"#!/usr/bin/env bash\n", "shell"), ("main", b"% x\n\\documentclass{article}", "latex"),
        ("report", b"%PDF-1.7", "pdf"), ("cards.jsonl", b"", "jsonl"), ("nb.ipynb", b"", "json"),
    ],
)  # fmt: skip
def test_a_name_tells_the_format_and_the_first_bytes_where_it_does_not(
    name: str, head: bytes, format: str
) -> None:
    assert format_of(name, head) == format


def test_weights_and_pictures_are_known_by_name() -> None:
    assert is_binary_name("a/model-00001.SAFETENSORS")
    assert not is_binary_name("h20.png/readme")
