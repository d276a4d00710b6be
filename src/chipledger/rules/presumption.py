"""What a foundry or a packaging company must presume of an advanced logic part, and what overcomes it.

Takes an Item, a day, who attests and where the part is packaged; gives a Truth: yes, it is presumed to be 3A090.a and made
for data centres. The presumption binds a front-end fabricator or OSAT company that exports the part, and no one else; it
is no classification. The text is data (data/presumptions).
"""

from datetime import date

from chipledger.core.truth import Truth, all_of, any_of
from chipledger.rules.control import Attester, Overcome, Presumption
from chipledger.rules.criteria import Case
from chipledger.rules.item import Item
from chipledger.rules.law import law
from chipledger.rules.transaction import UNKNOWN_PLACE


def presumed(
    item: Item, on: date, attested_by: Attester = Attester.NO_ONE, packaged_in: str = UNKNOWN_PLACE
) -> Truth:
    """Whether a foundry or packaging company must presume that the part is 3A090.a and made for data centres.

    Args:
        item: the part; `process_node`, `non_planar`, `transistor_count` and `contains_memory` are asked.
        on: the day of the export.
        attested_by: who attests; an end user's word overcomes nothing.
        packaged_in: ISO code of where the final package is made, "??" where not known.

    Source: Note 1 to 3A090.a (15 CFR Part 774 Supplement 1); 90 FR 5298, 91 FR 17851.

    >>> seven_nm = Item(name="a 7 nm accelerator", non_planar=Truth.yes("made with non-planar transistors"))
    >>> presumed(seven_nm, date(2026, 1, 1)).reasons[-1]
    'no one whose attestation counts has attested otherwise'
    """
    held = [one for one in law().presumptions.values() if one.holds_on(on)]
    if not held:
        return Truth.no(f"no such presumption was in effect on {on}")
    return any_of(_by_text(text, item, on, attested_by, packaged_in) for text in held)


def _by_text(text: Presumption, item: Item, on: date, attested_by: Attester, packaged_in: str) -> Truth:
    applies = text.applies.test(Case(item))
    if applies.is_no:
        return applies
    rows = [row for row in text.overcome if row.holds_on(on) and attested_by in row.attested_by]
    if not rows:
        return all_of([applies, Truth.yes("no one whose attestation counts has attested otherwise")])
    overcome = any_of([_overcomes(row, item, on, packaged_in) for row in rows])
    return all_of([applies, ~overcome])


def _overcomes(row: Overcome, item: Item, on: date, packaged_in: str) -> Truth:
    parts = [Truth.yes(row.says)]
    if row.undecided:
        parts.append(Truth.unknown(row.undecided))
    if row.packaged_outside:
        parts.append(~law().on(on).reaches(row.packaged_outside, packaged_in))
    if row.when:
        parts.append(row.when.test(Case(item)))
    return all_of(parts)
