"""The bundled studies are whole: places, hashes, verdicts that their evidence bears; a folder that is not is refused with its line."""

import re
import shutil
from pathlib import Path

import pytest

from chipledger.core.errors import DataError, InputError
from chipledger.findings.study import DATA, load_study, sources_of, study, study_ids
from chipledger.findings.study_claim import Basis, Side, Verdict
from chipledger.routes.register import sources

PAPER = study("whack-a-chip")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA / "whack_a_chip", tmp_path / "whack_a_chip"))


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    text = (folder / name).read_text("utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), "utf-8")
    return folder


class TestBundle:
    @pytest.mark.parametrize("id", study_ids())
    def test_every_source_quote_change_and_absence_is_used(self, id: str) -> None:
        found = study(id)
        if found.head.builds_on:
            pytest.skip("its quotes are those of the study it builds on")
        evidence = [one for claim in found.claims.values() for one in claim.evidence]
        quotes = {quote.id for claim in found.claims.values() for quote in found.quotes_of(claim)}
        assert quotes == set(found.quotes)
        assert {name for one in evidence for name in one.changes} == set(found.changes)
        assert {name for one in evidence for name in one.absences} == set(found.absences)
        used = {one.file for one in (*found.quotes.values(), *found.absences.values())}
        assert used | {one.after for one in found.changes.values()} == set(found.files)

    @pytest.mark.parametrize("id", study_ids())
    def test_quotes_are_short_and_as_long_as_they_say(self, id: str) -> None:
        for one in study(id).quotes.values():
            assert len(one.quote) <= 200
            assert one.end - one.start == len(one.quote)

    def test_files_carry_commit_hash_address_and_day(self) -> None:
        for one in PAPER.files.values():
            assert re.fullmatch(r"[0-9a-f]{40}", one.commit)
            assert re.fullmatch(r"[0-9a-f]{64}", one.sha256)
            assert one.address == f"https://github.com/{one.repository}"
            assert 2024 <= one.committed_on.year <= 2025

    @pytest.mark.parametrize("id", study_ids())
    def test_web_pages_that_are_cited_have_a_day_of_reading(self, id: str) -> None:
        found = study(id)
        for one in sources_of(found, found.claims.values()):
            assert one.accessed_on is not None, one.id

    def test_no_source_of_the_studies_is_left_over(self) -> None:
        from chipledger.core.load import load_yaml_list
        from chipledger.core.sources import Source

        own = {one.id for one in load_yaml_list(DATA.parent / "sources" / "study.yaml", Source)}
        heads = [cite for id in study_ids() for cite in (*study(id).head.cites, *study(id).head.retold_by)]
        cites = [
            cite
            for id in study_ids()
            for claim in study(id).claims.values()
            for cite in study(id).cites_of(claim)
        ]
        assert own <= {cite.source for cite in (*heads, *cites)}
        assert own <= set(sources())

    def test_the_ten_claims_of_the_paper_are_there_each_with_what_would_settle_it(self) -> None:
        assert list(PAPER.claims) == [f"P{number}" for number in range(1, 11)]
        for claim in PAPER.claims.values():
            assert claim.evidence or claim.no_evidence
            assert claim.would_settle

    def test_it_says_that_the_paper_itself_was_not_read(self) -> None:
        assert "abstract alone" in PAPER.head.read

    @pytest.mark.parametrize("id", study_ids())
    def test_nothing_says_that_anybody_broke_a_rule(self, id: str) -> None:
        found = study(id)
        words = " ".join(
            part for claim in found.claims.values()
            for part in (claim.finding, *(one.says for one in claim.evidence), *(one.why for one in claim.parts))
        )  # fmt: skip
        assert not re.search(r"violat|guilty|illegal|unlawful|breached|broke (?:a|the) rule", words, re.I)


class TestRetelling:
    ARTICLE = study("itmedia-2024-12-13")

    def test_it_has_twenty_statements_and_the_quotes_of_the_paper_s_study(self) -> None:
        assert list(self.ARTICLE.claims) == list("ABCDEFGHIJKLMNOPQRST")
        assert self.ARTICLE.quotes == PAPER.quotes

    def test_what_it_retells_are_claims_of_that_study(self) -> None:
        told = {one for claim in self.ARTICLE.claims.values() for one in claim.retells}
        assert told <= set(PAPER.claims)
        assert {"P1", "P5", "P6", "P8"} <= told

    @pytest.mark.parametrize(
        ("claim", "verdict"),
        [
            ("C", Verdict.DOCUMENTED),
            ("E", Verdict.CONSISTENT),
            ("F", Verdict.CONTRADICTED),
            ("G", Verdict.NOT_VERIFIABLE),
            ("H", Verdict.CONTRADICTED),
            ("K", Verdict.NOT_VERIFIABLE),
            ("N", Verdict.CONTRADICTED),
            ("T", Verdict.DOCUMENTED),
        ],
    )
    def test_its_verdicts(self, claim: str, verdict: Verdict) -> None:
        assert self.ARTICLE.claim(claim).verdict is verdict

    def test_an_id_of_the_study_it_builds_on_is_refused(self, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(DATA / "itmedia_2024_12_13", tmp_path / "article"))
        shutil.copy(DATA / "whack_a_chip" / "absences.yaml", folder / "absences.yaml")
        with pytest.raises(DataError, match="is that of the study it builds on"):
            load_study(folder)

    def test_a_claim_that_the_other_study_lacks_is_refused(self, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(DATA / "itmedia_2024_12_13", tmp_path / "article"))
        with pytest.raises(DataError, match=r"retells 'P11' is not known \(claims.yaml:"):
            load_study(changed(folder, "claims.yaml", "retells: [P10]", "retells: [P11]"))


class TestVerdicts:
    @pytest.mark.parametrize(
        ("claim", "verdict", "grade"),
        [
            ("P1", Verdict.DOCUMENTED, Basis.PRIMARY),
            ("P2", Verdict.NOT_VERIFIABLE, Basis.SECONDARY),
            ("P5", Verdict.CONTRADICTED, Basis.SECONDARY),
            ("P6", Verdict.NOT_VERIFIABLE, Basis.PRIMARY),
            ("P8", Verdict.CONTRADICTED, Basis.PRIMARY),
            ("P10", Verdict.NOT_VERIFIABLE, None),
        ],
    )
    def test_are_as_the_evidence_bears(self, claim: str, verdict: Verdict, grade: Basis | None) -> None:
        assert (PAPER.claim(claim).verdict, PAPER.claim(claim).grade()) == (verdict, grade)

    def test_what_repeats_one_source_counts_once(self) -> None:
        clouds = PAPER.claim("P5")
        assert len(clouds.on_side(Side.FOR)) == 2
        assert clouds.count(Side.FOR) == 1

    def test_training_on_the_chip_stays_apart_from_a_test_on_it(self) -> None:
        parts = {part.says: part.verdict for part in PAPER.claim("P1").parts}
        assert parts["the model was trained on A100"] is Verdict.NOT_VERIFIABLE

    def test_pre_training_stays_apart_from_tuning_and_serving(self) -> None:
        parts = {part.says: part.verdict for part in PAPER.claim("P6").parts}
        assert parts["it was tuned and served on H20"] is Verdict.DOCUMENTED
        assert parts["it was pre-trained on H20"] is Verdict.NOT_VERIFIABLE

    def test_a_third_party_s_translation_stands_beside_and_never_for(self) -> None:
        third = {one.id for one in PAPER.files.values() if one.is_third_party}
        for claim in PAPER.claims.values():
            for one in claim.evidence:
                if any(PAPER.quotes[id].file in third for id in one.quotes):
                    assert one.side is Side.BESIDE

    def test_days_after_the_paper_come_from_the_commits(self) -> None:
        days = {id: PAPER.days_after(change) for id, change in PAPER.changes.items()}
        assert days == {
            "network-settings": 3,
            "network-cards": 3,
            "h800-out-of-english": 15,
            "h800-out-of-chinese": 15,
        }


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "old", "new", "told"),
        [
            ("sources.yaml", "path: README.md", "path: ../README.md", "sources.yaml"),
            ("sources.yaml", "path: README.md", "path: /etc/passwd", "sources.yaml"),
            ("sources.yaml", "repository: Tencent/Tencent-Hunyuan-Large", "repository: ../Tencent-Hunyuan-Large", "sources.yaml:3"),
            ("sources.yaml", "https://github.com/Tencent", "file:///Tencent", "sources.yaml"),
            ("sources.yaml", 'commit: "', 'commit: "--upload-pack=', "sources.yaml"),
            ("sources.yaml", 'sha256: "', 'sha256: "0', "sources.yaml"),
            ("quotes.yaml", "end: 13585", "end: 13586", "cannot stand at"),
            ("quotes.yaml", "file: hunyuan-large-first-en", "file: nowhere", "file 'nowhere' is not known"),
            ("quotes.yaml", "- id: hl-serving-h800-cn", "- id: hl-serving-h800", "stands twice"),
            ("changes.yaml", "gone: H800", "gone: H900", "is not in the quote"),
            ("changes.yaml", "after: hunyuan-large-script-after", "after: nowhere", "changes.yaml"),
            ("absences.yaml", "file: hunyuandit-last", "file: nowhere", "absences.yaml"),
            ("claims.yaml", "quotes: [hd-tested-first", "quotes: [nowhere", "'nowhere' is not known (claims.yaml:"),
            ("claims.yaml", "source: itmedia-whack-a-chip", "source: nowhere", "'nowhere' is not known"),
            ("claims.yaml", "basis: primary\n      lineage: hunyuandit-tested", "basis: inferred\n      lineage: hunyuandit-tested", "documented by primary or quoted"),
            ("claims.yaml", "verdict: not_verifiable\n  finding: \"A recom", "verdict: contradicted_by\n  finding: \"A recom", "needs evidence against it"),
            ("study.yaml", "event: whack-a-chip-paper", "event: nowhere", "event 'nowhere' is not known"),
            ("study.yaml", "kind: preprint", "sort: preprint", "study.yaml"),
        ],
    )  # fmt: skip
    def test_a_folder_that_is_not_whole_is_refused_with_its_place(
        self, copied: Path, name: str, old: str, new: str, told: str
    ) -> None:
        with pytest.raises(DataError) as refused:
            load_study(changed(copied, name, old, new))
        assert told in str(refused.value)

    def test_a_quote_of_more_than_200_characters_is_refused(self, copied: Path) -> None:
        text = (copied / "quotes.yaml").read_text("utf-8")
        longer = text.replace("end: 13585", "end: 13785", 1).replace(
            'at least 32 GPUs"', f'at least 32 GPUs{"x" * 200}"', 1
        )
        (copied / "quotes.yaml").write_text(longer, "utf-8")
        with pytest.raises(DataError, match="at most 200 characters"):
            load_study(copied)

    def test_a_name_nobody_has_is_refused_with_the_nearest(self) -> None:
        with pytest.raises(InputError, match="did you mean whack-a-chip"):
            study("wack-a-chip")
        with pytest.raises(InputError, match="expected P1, P2"):
            PAPER.claim("P99")
