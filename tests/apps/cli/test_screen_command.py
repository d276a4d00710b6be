"""`chipledger screen`: one name, a file of names, lists and stakes of one's own, and bad input."""

import csv
import json

import pytest

from chipledger.apps.cli.main import main

DAY = ["--on", "2023-01-01"]
CSL = """source,name,alt_names,addresses,federal_register_notice,start_date,license_requirement,license_policy
Entity List (EL) - Bureau of Industry and Security,Zorblat Propulsion Institute,ZPI; Zorblat Engines,"Beijing, CN",84 FR 54002,2019-10-09,For all items subject to the EAR.,Presumption of denial
Denied Persons List (DPL) - Bureau of Industry and Security,Quuxley Freight,,"Dubai, AE",,2020-02-01,,
"""


def screened(capsys, *arguments, status=0):
    assert main(["screen", *arguments, "--format", "json"]) == status
    return json.loads(capsys.readouterr().out)


def refused(capsys, *arguments):
    assert main(["screen", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


@pytest.fixture
def csl(tmp_path):
    path = tmp_path / "consolidated.csv"
    path.write_text(CSL, encoding="utf-8")
    return path


@pytest.fixture
def names(tmp_path):
    def written(text: str, name: str = "names.txt"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return ["--batch", str(path)]

    return written


@pytest.mark.parametrize("name", ["科大讯飞", "iFLYTEK", "科大訊飛", "iflytek"])
def test_one_firm_is_a_hit_in_every_script_from_its_day_on(capsys, name):
    assert screened(capsys, name, "--on", "2019-10-08")["band"] == "clear"
    found = screened(capsys, name, "--on", "2019-10-09")
    assert found["band"] == "hit"
    (listing,) = found["matches"][0]["evidence"]["listings"]
    assert (listing["list"], listing["documents"]) == ("entity_list", ["84 FR 54002"])


def test_a_table_tells_the_document_and_the_reasons(capsys):
    assert main(["screen", "科大讯飞", *DAY]) == 0
    shown = capsys.readouterr().out
    assert "科大讯飞 on 2023-01-01: hit" in shown and "87 FR 62186" in shown
    assert "on the Entity List as 'IFLYTEK' since 2019-10-09" in shown


def test_a_withdrawn_list_makes_no_hit(capsys):
    assert screened(capsys, "阿里巴巴", "--on", "2026-02-14", "--list", "1260h")["band"] == "clear"
    assert screened(capsys, "阿里巴巴", "--on", "2026-06-08", "--list", "1260h")["band"] == "hit"


def test_a_list_that_asks_nothing_of_an_export_is_told_and_makes_no_hit_by_itself(capsys):
    found = screened(capsys, "阿里巴巴", "--on", "2026-06-08")
    assert found["band"] == "clear"
    (listing,) = found["matches"][0]["evidence"]["listings"]
    assert (listing["list"], listing["since"]) == ("1260h", "2026-06-08")


def test_only_the_lists_asked_for_count(capsys):
    assert screened(capsys, "Tencent", "--on", "2026-01-01")["matches"][0]["list"] == "1260h"
    assert screened(capsys, "Tencent", "--on", "2026-01-01", "--list", "EL")["band"] == "clear"


def test_a_list_file_is_screened_against_beside_the_bundled_parties(capsys, csl):
    arguments = ("Zorblat Engines", *DAY, "--csl", str(csl))
    found = screened(capsys, *arguments)
    assert found["band"] == "hit" and found["matches"][0]["name"] == "Zorblat Propulsion Institute"
    assert screened(capsys, "Zorblat Engines", *DAY)["band"] == "clear"
    assert screened(capsys, "Quuxley Freight", "--on", "2020-01-31", "--csl", str(csl))["band"] == "clear"
    assert screened(capsys, "Quuxley Freight", "--on", "2020-02-01", "--csl", str(csl))["band"] == "hit"


def test_a_bad_row_of_a_list_is_named_counted_and_ends_with_status_1(capsys, csl):
    csl.write_text(CSL + "No Such List (XX) - Nobody,Some Name,,,,,,\nragged\n", encoding="utf-8")
    assert main(["screen", "Zorblat Engines", *DAY, "--csl", str(csl), "--format", "json"]) == 1
    out, error = capsys.readouterr()
    assert json.loads(out)["band"] == "hit"
    assert "row 4 ('Some Name'): no list is known as 'No Such List (XX) - Nobody'" in error
    assert "row 5: 1 cells under 8 columns" in error
    assert "2 of 4 rows of the list files are left out" in error


@pytest.mark.parametrize(
    ("on", "share", "band", "treated"),
    [
        ("2025-09-28", "60%", "review", "no"), ("2025-10-15", "60%", "hit", "yes"), ("2025-11-10", "60%", "review", "no"),
        ("2026-11-10", "60%", "review", "unknown"), ("2025-10-15", "", "review", "unknown"), ("2025-10-15", "20%", "review", "no"),
    ],
)  # fmt: skip
def test_a_subsidiary_in_a_file_of_stakes_is_what_the_rule_of_the_day_makes_of_it(
    capsys, tmp_path, on, share, band, treated
):
    stakes = tmp_path / "owners.csv"
    stakes.write_text(f"owner,owned,share\n科大讯飞,Vexillum Speech Systems,{share}\n", encoding="utf-8")
    found = screened(capsys, "Vexillum Speech Systems", "--on", on, "--ownership", str(stakes))
    assert found["band"] == band
    rule = found["matches"][0]["affiliates_rule"]
    assert rule["treated_as_listed"] == treated and rule["cites"]
    assert rule["ownership"]["answer"]


def test_a_name_on_no_list_is_clear(capsys):
    assert main(["screen", "Zyxxian Quodlibet Bakery", *DAY]) == 0
    assert "clear, no such name among" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "nothing to screen in ''"),
        ("\u200b\x00", "nothing to screen"),
        ("A", "one character is no name: 'A'"),
        ("x" * 100_000, "a name of 100000 characters"),
    ],
)
def test_what_is_no_name_is_refused_in_a_line(capsys, name, said):
    assert said in refused(capsys, name)


def test_control_characters_and_look_alikes_hide_no_name(capsys):
    assert screened(capsys, "Sen\x00se\u200bTime", *DAY)["band"] == "hit"
    assert screened(capsys, "SеnsеTimе", *DAY)["band"] == "hit"
    assert screened(capsys, "\x1b[31mSenseTime\x1b[0m", *DAY)["band"] == "hit"
    assert screened(capsys, "\u202eemiTesneS\u202c", *DAY)["band"] == "hit"  # shown as SenseTime


def test_pictures_beside_a_name_hide_it_not(capsys):
    assert screened(capsys, "SenseTime \U0001f680", *DAY)["band"] == "hit"
    assert "nothing to screen" in refused(capsys, "\U0001f680\U0001f680")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to screen; expected a name, or --batch FILE"),
        (["A name", "--batch", "x"], "a name and a batch at once"),
        (["A name", "--out", "x.jsonl"], "--out is for a batch"),
        (["A name", "--list", "nonsense"], "no such list: 'nonsense'"),
        (["A name", "--csl", "none.json"], "cannot read the list file: No such file or directory"),
        (["--batch", "none.txt"], "cannot read the batch: No such file or directory"),
    ],
)
def test_a_slip_is_answered_in_a_line(capsys, arguments, said):
    assert said in refused(capsys, *arguments)


def test_a_batch_tells_of_each_name_and_names_what_it_could_not_screen(capsys, names):
    batch = names("iFlytek\n\nA\nZyxxian Quodlibet Bakery\n")
    assert main(["screen", *batch, *DAY, "--format", "jsonl"]) == 1
    out, error = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["band"] for row in rows] == ["hit", None, None, "clear"]
    assert rows[1]["error"].startswith("nothing to screen") and rows[2]["error"].startswith("one character")
    assert "screened 4 names: 1 clear, 1 hit, 2 not screened" in error


@pytest.mark.parametrize(
    ("name", "text"),
    [("names.txt", "科大讯飞\niFlytek\n"), ("names.csv", "id,name\n1,科大讯飞\n2,iFlytek\n")],
)
def test_a_name_of_another_encoding_is_told_and_never_clear(capsys, tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text.encode("gb18030"))
    assert main(["screen", "--batch", str(path), *DAY, "--format", "jsonl"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["band"] for row in rows] == [None, "hit"]
    assert rows[0]["error"] == "it is not UTF-8; save the file as UTF-8"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_file_that_says_its_encoding_is_read(capsys, tmp_path, encoding):
    path = tmp_path / "names.txt"
    path.write_bytes("科大讯飞\r\niFlytek\r\n".encode(encoding))
    assert main(["screen", "--batch", str(path), *DAY, "--format", "jsonl"]) == 0
    assert [json.loads(line)["band"] for line in capsys.readouterr().out.splitlines()] == ["hit", "hit"]


def test_a_listed_party_with_listed_owners_is_told_as_listed_itself(capsys, names):
    assert main(["screen", *names("HiSilicon Technologies Co., Ltd.\n"), *DAY, "--format", "csv"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert (rows[0]["party_id"], rows[0]["treated_as_listed"]) == ("hisilicon-technologies", "listed itself")


def test_a_table_of_names_may_carry_days_and_ids(capsys, names):
    batch = names("id,name,on\na,iFlytek,2019-10-08\nb,iFlytek,2019-10-09\nc,iFlytek,soon\n", "names.csv")
    assert main(["screen", *batch, *DAY, "--format", "jsonl"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["id"], row["on"], row["band"]) for row in rows] == [
        ("a", "2019-10-08", "clear"), ("b", "2019-10-09", "hit"), ("c", "2023-01-01", None),
    ]  # fmt: skip
    assert rows[2]["error"] == "on 'soon' is no day; expected YYYY-MM-DD"


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_a_batch_that_was_broken_off_goes_on_and_ends_the_same(capsys, names, tmp_path, ending):
    batch = names("iFlytek\nHuawei\nA\n" + "x" * 2000 + "\nSMIC\nlast name of all\n")
    whole, broken = tmp_path / f"whole.{ending}", tmp_path / f"broken.{ending}"
    assert main(["screen", *batch, *DAY, "--out", str(whole)]) == 1
    content = whole.read_bytes()
    for cut in (1, len(content) // 3, len(content) // 2, len(content) - 5, len(content)):
        broken.write_bytes(content[:cut])
        main(["screen", *batch, *DAY, "--out", str(broken)])
        assert broken.read_bytes() == content, cut
    capsys.readouterr()


def test_results_of_other_settings_or_names_are_not_gone_on_with(capsys, names, tmp_path):
    batch, out = names("iFlytek\nHuawei\n"), ["--out", str(tmp_path / "out.jsonl")]
    assert main(["screen", *batch, *DAY, *out]) == 0
    capsys.readouterr()
    assert "made with other settings" in refused(capsys, *batch, "--on", "2023-01-02", *out)
    assert "row 1 there is about another name" in refused(capsys, *names("Huawei\niFlytek\n"), *DAY, *out)
    assert "a name that ends in .jsonl or .csv" in refused(capsys, *batch, "--out", str(tmp_path / "out.txt"))
    (tmp_path / "out.jsonl").write_text("{}\n", encoding="utf-8")
    assert "this file holds no results of screening" in refused(capsys, *batch, *DAY, *out)


def test_a_csv_of_results_has_a_row_a_match(names, tmp_path):
    out = tmp_path / "out.csv"
    assert (
        main(["screen", *names("=cmd()|iFlytek\nZyxxian Quodlibet Bakery\n"), *DAY, "--out", str(out)]) == 0
    )
    rows = list(csv.DictReader(out.open(encoding="utf-8", newline="")))
    assert rows[0]["query"].startswith("'=cmd") and rows[-1]["band"] == "clear" and not rows[-1]["party"]


def test_no_word_of_guilt(capsys):
    main(["screen", "Huawei", *DAY, "--format", "json"])
    shown = capsys.readouterr().out.lower()
    assert not [word for word in ("violat", "guilty", "illegal", "evad") if word in shown]


def judge(capsys, ledger, *words):
    """Decide of two names; what is printed is left behind."""
    arguments = [
        *words,
        "--by",
        "a reviewer",
        "--why",
        "read its site",
        "--on",
        "2023-01-01",
        "--ledger",
        ledger,
    ]
    assert main(["parties", "judge", *arguments]) == 0
    capsys.readouterr()


def test_a_judgement_is_minded_where_its_ledger_is_given(capsys, tmp_path):
    ledger = str(tmp_path / "chips.sqlite")
    judge(capsys, ledger, "iFlytek", "iflytek-co", "unsure")  # of a party that is none: changes nothing
    judge(capsys, ledger, "Sense-Time Bakery", "sensetime", "different")
    judge(capsys, ledger, "Old Speech Institute", "iflytek", "same")
    judged = ("--ledger", ledger, *DAY)
    same = screened(capsys, "Old Speech Institute", *judged)
    assert same["band"] == "hit" and same["matches"][0]["party_id"] == "iflytek"
    assert same["matches"][0]["reasons"][0] == "judged same by a reviewer on 2023-01-01: read its site"
    assert screened(capsys, "Old Speech Institute", *DAY)["band"] == "clear"
    judge(capsys, ledger, "商汤科技", "sensetime", "different")
    told = {one["party_id"]: one["band"] for one in screened(capsys, "商汤科技", *judged)["matches"]}
    assert told["sensetime"] == "clear"
    judge(capsys, ledger, "中芯国际", "smic", "unsure")
    assert screened(capsys, "中芯国际", *judged)["matches"][0]["band"] == "review"
    assert screened(capsys, "中芯国际", *DAY)["band"] == "hit"
