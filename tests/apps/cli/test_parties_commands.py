"""`chipledger parties`: judgements at the command line."""

import json

import pytest

from chipledger.apps.cli.main import main

BY = ["--by", "first reviewer", "--why", "the name on its own site", "--on", "2026-11-02"]


@pytest.fixture
def ledger(tmp_path):
    return ["--ledger", str(tmp_path / "chips.sqlite")]


def told(capsys, arguments):
    assert main(["parties", "judgements", *arguments, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys, arguments):
    assert main(["parties", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_a_judgement_is_kept_and_told(ledger, capsys):
    assert main(["parties", "judge", "科大讯飞", "iflytek", "same", *BY, *ledger]) == 0
    said = capsys.readouterr().out
    (one,) = told(capsys, ledger)
    assert said == f"{one['id']} 科大讯飞 and iflytek: same\n"
    assert (one["decision"], one["by"], one["on"], one["state"]) == ("same", "first reviewer", "2026-11-02", "stands")  # fmt: skip


def test_the_same_judgement_again_is_told_to_stand_already(ledger, capsys):
    for _ in range(2):
        assert main(["parties", "judge", "科大讯飞", "iflytek", "same", *BY, *ledger]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("as it stands already")
    assert len(told(capsys, ledger)) == 1


def test_a_withdrawn_judgement_is_still_told(ledger, capsys):
    main(["parties", "judge", "Kite", "kite-lab", "same", *BY, *ledger])
    name = capsys.readouterr().out[:6]
    back = ["--by", "second reviewer", "--why", "another Kite", "--on", "2026-11-05"]
    assert main(["parties", "judge", "--withdraw", name, *back, *ledger]) == 0
    capsys.readouterr()
    (one,) = told(capsys, ["kite", *ledger])
    assert (one["state"], one["withdrawn_by"], one["withdrawn_why"]) == ("withdrawn", "second reviewer", "another Kite")  # fmt: skip
    assert told(capsys, ["kite", "--on", "2026-11-03", *ledger])[0]["state"] == "stands"
    assert told(capsys, ["elsewhere", *ledger]) == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["judge", "a", "b", "same"], "says who decides and why"),
        (["judge", "a", *BY], "nothing to judge"),
        (["judge", "a", "A ", "same", *BY], "is judged against itself"),
        (["judge", "", "b", "same", *BY], "at least 1 character"),
        (["judge", "a", "b", "maybe", *BY], "maybe"),
        (["judge", "a", "b", "same", "--withdraw", "3f", *BY], "at once"),
    ],
)
def test_what_is_no_judgement_is_refused_in_a_line(ledger, capsys, arguments, why):
    assert why in refused(capsys, [*arguments, *ledger])


def test_a_ledger_that_is_not_there_is_refused(ledger, capsys):
    assert "chips.sqlite" in refused(capsys, ["judgements", *ledger])


def test_an_id_that_nobody_has_is_refused(ledger, capsys):
    main(["parties", "judge", "a", "b", "same", *BY, *ledger])
    capsys.readouterr()
    assert "no judgement has the id 'zz'" in refused(capsys, ["judge", "--withdraw", "zz", *BY, *ledger])


@pytest.fixture
def owners(tmp_path):
    path = tmp_path / "owners.csv"
    path.write_text("owner,owned,share\nHolding,Kite,50 %\nKite,Kite Chips,50 %\nHolding,Star,\n", encoding="utf-8")  # fmt: skip
    return path


def owned(capsys, owners, *arguments):
    status = main(["parties", "owners", *arguments, "--ownership", str(owners), "--format", "json"])
    out, err = capsys.readouterr()
    return status, json.loads(out), err


@pytest.mark.parametrize(
    ("day", "state", "treated", "default"),
    [("2025-09-28", "before", "no", None), ("2025-10-15", "in_force", "yes", None),
     ("2026-11-09", "suspended", "no", None), ("2026-11-10", "unknown", "unknown", "yes")],
)  # fmt: skip
def test_owners_are_told_with_the_rule_of_the_day(owners, capsys, day, state, treated, default):
    status, told, _ = owned(capsys, owners, "kite chips", "--listed", "HOLDING", "--on", day)
    assert status == 0
    assert (told["rule_state"], told["treated_as_listed"], told["default"]) == (state, treated, default)
    assert told["ownership"]["answer"] == "certainly"
    assert told["ownership"]["multiplied_low"] == 0.25


def test_an_unknown_share_of_a_listed_owner_is_red_flag_29(owners, capsys):
    _, told, _ = owned(capsys, owners, "Star", "--listed", "Holding", "--on", "2025-10-15")
    assert (told["ownership"]["answer"], told["red_flags"]) == ("unknown", ["red_flag_29"])


def test_the_table_reads_as_a_story(owners, capsys):
    where = ["--ownership", str(owners), "--listed", "Holding", "--on", "2025-10-15"]
    assert main(["parties", "owners", "Kite Chips", *where]) == 0
    out = capsys.readouterr().out
    assert "Holding 50 % > Kite 50 % > Kite Chips" in out
    assert "90 FR 47201" in out


def test_circles_and_shares_over_the_whole_are_told_and_the_answer_stands(owners, capsys):
    with owners.open("a") as file:
        file.write("Kite Chips,Holding,70 %\nHolding,Star,60 %\nOther,Star,70 %\n")
    status, told, err = owned(capsys, owners, "Star", "--listed", "Holding", "--on", "2025-10-15")
    assert (status, told["ownership"]["answer"]) == (0, "possibly")
    assert "Star: its recorded shares add up to 130 %" in err
    assert "owns itself through others: Holding, Kite, Kite Chips" in err


def test_a_bad_row_is_named_and_ends_with_one(owners, capsys):
    with owners.open("a") as file:
        file.write("Kite,Moon,120 %\n")
    status, told, err = owned(capsys, owners, "Kite", "--listed", "Holding", "--on", "2025-10-15")
    assert (status, told["treated_as_listed"]) == (1, "yes")
    assert "owners.csv:5: a share over 100 %" in err
    assert "1 rows could not be used" in err


def test_a_party_that_the_stakes_do_not_name_is_refused(owners, capsys):
    assert "no party is named 'Moon'" in refused(capsys, ["owners", "Moon", "--ownership", str(owners)])


def test_a_unit_of_a_bundled_party_stands_by_the_list_of_the_day(tmp_path, capsys):
    path = tmp_path / "units.csv"
    path.write_text("owner,owned,share\nsensetime,A Unit,60 %\n", encoding="utf-8")
    _, told, _ = owned(capsys, path, "A Unit", "--on", "2025-10-15")
    assert (told["treated_as_listed"], told["ownership"]["chain"][0]["owner"]) == ("yes", "sensetime")
    _, told, _ = owned(capsys, path, "A Unit", "--on", "2018-10-15")
    assert told["ownership"]["answer"] == "not"


def test_a_bundled_party_needs_no_file(capsys):
    assert (
        main(["parties", "owners", "hisilicon-technologies", "--on", "2025-10-15", "--format", "json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["ownership"]["answer"] == "certainly"


@pytest.mark.parametrize("form", ["ftm", "ftm-statements"])
def test_an_export_is_the_same_to_a_file_as_to_a_pipe(form, tmp_path, capsys):
    asked = ["parties", "export", "--format", form, "--on", "2026-11-01"]
    assert main(asked) == 0
    piped, err = capsys.readouterr()
    out = tmp_path / "parties.json"
    assert main([*asked, "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == piped
    lines = [json.loads(line) for line in piped.splitlines()]
    assert err == f"chipledger: {len(lines):,} {'entities' if form == 'ftm' else 'statements'}\n"
    assert len({line["id"] for line in lines}) == len(lines)


def test_an_export_knows_the_lists_of_the_day(capsys):
    def listed(day):
        assert main(["parties", "export", "--on", day]) == 0
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return {one["properties"]["entity"][0] for one in rows if one["schema"] == "Sanction"}

    assert "chipledger-sensetime" not in listed("2019-10-08")
    assert "chipledger-sensetime" in listed("2019-10-09")


def test_an_export_takes_stakes_of_ones_own(owners, capsys):
    with owners.open("a", encoding="utf-8") as file:
        file.write("sensetime,A Unit,60 %\nA Unit,Moon,600 %\n")
    assert main(["parties", "export", "--on", "2026-11-01", "--ownership", str(owners)]) == 1
    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    unit = next(one["id"] for one in rows if one["properties"].get("name") == ["A Unit"])
    (held,) = [one for one in rows if one["properties"].get("asset") == [unit]]
    assert (held["properties"]["owner"], held["properties"]["percentage"]) == (["chipledger-sensetime"], ["60"])  # fmt: skip
    assert "owners.csv:6: a share over 100 %" in err


def test_a_name_that_fits_several_parties_counts_perhaps_and_is_told(tmp_path, capsys):
    path = tmp_path / "units.csv"
    path.write_text("owner,owned,share\n商汤科技,A Unit,60 %\n", encoding="utf-8")
    _, told, err = owned(capsys, path, "A Unit", "--on", "2025-10-15")
    assert (told["treated_as_listed"], told["red_flags"]) == ("unknown", ["red_flag_29"])
    assert "'商汤科技' may be sensetime" in err
