"""The data of the routes: loaded whole, cross-checked, and a slip named with its file and line."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from chipledger.core.errors import DataError, InputError
from chipledger.routes import register
from chipledger.routes.dated import CloudOffer
from chipledger.routes.kind import Route
from chipledger.routes.register import routes


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    copy = tmp_path / "routes"
    shutil.copytree(register.FOLDER, copy)
    monkeypatch.setattr(register, "FOLDER", copy)
    register.routes.cache_clear()
    yield copy
    register.routes.cache_clear()


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_kind_of_route_has_its_record() -> None:
    assert set(routes().kinds) == set(Route)


def test_a_cloud_offer_has_no_field_for_a_customer() -> None:
    assert not {"customer", "customers", "user", "party", "tenant"} & set(CloudOffer.model_fields)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("stock.yaml", "source: straits-h20-2025", "source: nowhere", r"source 'nowhere' is not known \(stock.yaml:\d+\)"),
        ("cloud_offers.yaml", "provider: ai-galaxy", "provider: nobody", r"provider 'nobody' is not known"),
        ("reports.yaml", "party: iflytek", "party: nobody", r"party 'nobody' is not known \(reports.yaml:\d+\)"),
        ("capabilities.yaml", "chips: [nvidia-rtx-4090]", "chips: [nvidia-rtx-409]", r"chips 'nvidia-rtx-409' is not known"),
        ("reports.yaml", "route: cloud_rental", "route: teleport", r"route.*reports.yaml:\d+"),
        ("subjects/hunyuan-large.yaml", "kind: stock_stated", "kind: rumour", r"kind 'rumour' is not known"),
        ("subjects/hunyuan-large.yaml", "{on: h20-throughout, kind: other_use_named}", "{on: h21, kind: other_use_named}", "no hypothesis here and no route"),
        ("subjects/iflytek.yaml", "id: iflytek", "id: other", "is not the file's name"),
        ("kinds.yaml", "- id: unknown", "- id: licensed", r"\['licensed'\] stand twice"),
        ("stock.yaml", "covers_until: 2025-04-01", "covers_until: 2024-04-01", "covers_from lies before covers_until"),
        ("reports.yaml", "  conflicts_with: [ft-iflytek-rental]\n", "", "names what it conflicts with"),
        ("likelihoods.yaml", "if_true: {low: 0.3, high: 0.7}", "if_true: {low: 0.7, high: 0.3}", "from the lower to the higher end"),
        ("capabilities.yaml", "maker: tiny-corp", "makers: tiny-corp", "makers"),
    ],
)  # fmt: skip
def test_a_slip_is_named_with_its_file(folder: Path, file: str, old: str, new: str, message: str) -> None:
    changed(folder / file, old, new)
    with pytest.raises(DataError, match=message):
        register.routes()


def test_a_subject_is_found_by_any_of_its_names_and_an_unknown_one_offers_the_nearest() -> None:
    assert routes().subject("tencent/tencent-hunyuan-large").id == "hunyuan-large"
    assert routes().subject("科大讯飞").id == "iflytek"
    with pytest.raises(InputError, match="did you mean Hunyuan-Large"):
        routes().subject("Hunyuan-Larg")
    with pytest.raises(InputError):
        routes().subject("x" * 100_000)


def test_every_statement_of_a_chip_stands_with_a_cite_and_quotes_are_short() -> None:
    for subject in routes().subjects.values():
        for one in subject.sightings:
            assert one.cites
            assert all(cite.quote is None or len(cite.quote) <= 160 for cite in one.cites)
