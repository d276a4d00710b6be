"""Which format a file is of, told by its name and, where the name says nothing, by its first bytes.

Gives the format names that `reading` and evidence switch on, and which names are known to hold no text.
"""

import re

_EXTENSIONS = {
    "markdown": "md markdown mdx mkd mdown qmd rmd",
    "html": "html htm xhtml",
    "latex": "tex ltx sty cls bbl",
    "pdf": "pdf",
    "rst": "rst",
    "text": "txt text log out err me bib org adoc asciidoc wiki srt vtt",
    "json": "json ipynb geojson webmanifest",
    "jsonl": "jsonl ndjson",
    "csv": "csv tsv",
    "xml": "xml svg xsl rss atom",
    "config": "yaml yml toml cfg ini conf properties env j2 jinja tmpl lock",
    "shell": "sh bash zsh slurm sbatch ksh bat ps1 pbs job",
    "source": "py pyi pyx c cc cpp cxx h hh hpp cu cuh hip cl go rs java kt scala js mjs jsx ts tsx vue rb php pl lua r jl "
    "m swift cs sql proto cmake mk gradle dockerfile tf hcl nix patch diff css scss",
}  # fmt: skip
_BY_EXTENSION = {ending: name for name, endings in _EXTENSIONS.items() for ending in endings.split()}
FORMATS = frozenset(_EXTENSIONS)
_BY_NAME = {
    "dockerfile": "source",
    "makefile": "source",
    "readme": "text",
    "license": "text",
    "jenkinsfile": "source",
}
_BINARY_WORDS = (
    "png jpg jpeg gif webp bmp ico tif tiff heic psd mp3 mp4 wav flac ogg avi mov mkv webm woff woff2 ttf otf eot "
    "exe dll so dylib a o obj lib class jar war whl egg pyc pyo bin dat pt pth ckpt safetensors gguf ggml onnx pb "
    "tflite h5 hdf5 npy npz pkl pickle parquet arrow feather avro db sqlite sqlite3 rar 7z zst lz4 iso dmg apk deb rpm "
    "doc docx xls xlsx ppt pptx odt model spm tfrecord mat wasm glb fbx ply stl nii dcm"
)
_BINARY = frozenset(_BINARY_WORDS.split())
_HTML_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html[\s>])", re.IGNORECASE)
_SHELL_HEAD = re.compile(rb"\A#![^\n]{0,80}\b(?:ba|z|k|da)?sh\b")
_LATEX_HEAD = re.compile(rb"^[ \t]*\\documentclass\b", re.MULTILINE)


def is_binary_name(name: str) -> bool:
    """Whether a file's extension says that it holds no text.

    >>> is_binary_name("weights/model.safetensors"), is_binary_name("README.md")
    (True, False)
    """
    return _stem_and_ending(name)[1] in _BINARY


def format_of(name: str, head: bytes = b"") -> str:
    """The format of a file.

    Args:
        name: its name or path.
        head: its first bytes (a few hundred are enough); they decide where the name does not.

    Returns:
        One of the format names; "text" where nothing speaks for another.

    >>> format_of("docs/readme.MD"), format_of("train"), format_of("train", b"#!/bin/bash\\ntorchrun")
    ('markdown', 'text', 'shell')
    """
    if head.startswith(b"%PDF-"):
        return "pdf"
    stem, ending = _stem_and_ending(name)
    known = _BY_EXTENSION.get(ending) or _BY_NAME.get(stem)
    if known and known != "text":
        return known
    for pattern, sniffed in ((_HTML_HEAD, "html"), (_SHELL_HEAD, "shell"), (_LATEX_HEAD, "latex")):
        if pattern.search(head):
            return sniffed
    return known or "text"


def _stem_and_ending(name: str) -> tuple[str, str]:
    """The last part of a path without its extension, and its extension, in lower case.

    >>> _stem_and_ending("docs/README.MD"), _stem_and_ending(".bashrc"), _stem_and_ending("a.tar.gz")
    (('readme', 'md'), ('.bashrc', ''), ('a.tar', 'gz'))
    """
    base = name.rstrip("/").rpartition("/")[2].lower()
    stem, _, ending = base.rpartition(".")
    return (stem, ending) if stem and ending else (base, "")
