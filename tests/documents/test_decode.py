import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipledger.documents.decode import DAMAGED, binary_kind, decode

CHINESE = "我们在512块H20上训练了模型，每张卡显存为96GB。\r\n"
JAPANESE = "学習にはH100を64枚使用しました。推論はA100で行います。\n"
TRADITIONAL = "我們使用512塊A100訓練模型，效果很好。\n"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (CHINESE, "utf-8"),
        (CHINESE, "gb18030"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (TRADITIONAL, "big5"),
        (CHINESE, "utf-16-le"),
        (JAPANESE, "utf-16-be"),
        ("Café: 8×A100, naïve\n", "cp1252"),
    ],
)
def test_a_text_comes_back_from_its_encoding_undeclared(text: str, codec: str) -> None:
    decoded = decode(text.encode(codec))
    assert decoded is not None
    assert decoded.text == text


@pytest.mark.parametrize(("bom", "codec"), [
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
])  # fmt: skip
def test_a_byte_order_mark_decides_and_stays_in_the_text(bom: bytes, codec: str) -> None:
    decoded = decode(bom + CHINESE.encode(codec))
    assert decoded == ("\ufeff" + CHINESE, codec)


@pytest.mark.parametrize(
    "declaration",
    [
        '<html><head><meta charset="gb2312">',
        '<meta http-equiv="Content-Type" content="text/html; charset=GBK">',
        '<?xml version="1.0" encoding="gb18030"?>',
        "\\usepackage[gbk]{inputenc}",
        "# -*- coding: gbk -*-",
    ],
)
def test_a_declared_encoding_is_believed_where_its_bytes_agree(declaration: str) -> None:
    decoded = decode((declaration + "\n联通").encode("gb18030"))
    assert decoded == (declaration + "\n联通", "gb18030")


def test_a_wrong_declaration_loses_to_valid_utf8() -> None:
    text = "\\usepackage[latin1]{inputenc} 使用H20"
    assert decode(text.encode()) == (text, "utf-8")


def test_a_declaration_may_name_no_codec_that_runs_code_or_nothing_at_all() -> None:
    for label in ("utf-7", "unicode_escape", "rot13", "zip", "no-such"):
        text = f"# coding: {label}\nA100 é"
        assert decode(text.encode()) == (text, "utf-8")


def test_broken_utf8_is_kept_and_says_so() -> None:
    content = CHINESE.encode() + b"\xff\xfe\x80" + CHINESE.encode()
    decoded = decode(content)
    assert decoded is not None
    assert decoded.encoding == DAMAGED
    assert decoded.text.startswith(CHINESE)
    assert decoded.text.endswith(CHINESE)


def test_a_few_broken_characters_do_not_cost_the_encoding() -> None:
    decoded = decode(JAPANESE.encode("euc_jp") * 9 + b"\xff" + JAPANESE.encode("euc_jp") * 9)
    assert decoded is not None
    assert decoded.encoding == "euc_jp (damaged)"
    assert decoded.text.count(JAPANESE) >= 17


def test_single_accented_letters_are_western_and_not_chinese() -> None:
    text = "Copyright (C) Gaël Guennebaud, Benoît\n"
    assert decode(text.encode("latin-1")) == (text, "cp1252")


@pytest.mark.parametrize("content", [
    b"\x89PNG\r\n\x1a\n", b"PK\x03\x04abc", b"\x7fELF\x02\x01", b"GIF89a", bytes(range(256)) * 20,
])  # fmt: skip
def test_what_is_no_text_is_not_decoded_and_has_a_name(content: bytes) -> None:
    assert decode(content) is None
    assert binary_kind(content)


def test_an_empty_file_is_an_empty_text() -> None:
    assert decode(b"") == ("", "utf-8")


@given(st.text())
def test_every_text_in_utf8_comes_back_unless_it_looks_binary(text: str) -> None:
    decoded = decode(text.encode("utf-8", "replace"))
    if decoded and decoded.encoding == "utf-8":
        assert decoded.text == text.encode("utf-8", "replace").decode()


@given(st.binary(max_size=400))
def test_the_recorded_encoding_gives_the_text_again(content: bytes) -> None:
    decoded = decode(content)
    if decoded is None:
        return
    codec, _, damaged = decoded.encoding.partition(" (")
    assert decoded.text == content.decode(codec, "replace" if damaged else "strict")
