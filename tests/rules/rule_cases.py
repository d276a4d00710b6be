"""The shape of the cases in tests/rules/cases and the items they stand for."""

from datetime import date
from pathlib import Path

from pydantic import Field

from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Grade
from chipledger.core.truth import Truth, Verdict
from chipledger.rules.item import UNSTATED, Item, Quantity
from chipledger.rules.transaction import Action, ItemKind, Transaction

CASES = Path(__file__).parent / "cases"


class Figures(Record):
    """A part's figures: rates in GB/s, areas in mm2; what a case leaves out is not known."""

    name: str = "the part"
    vendor: str = ""
    tpp: float | None = None
    density: float | None = None
    die_area: float | None = None
    interconnect: float | None = None
    pcie: float | None = None
    memory: float | None = None
    grade: Grade = Grade.QUOTED
    data_center: bool | None = None

    def item(self) -> Item:
        marketed = UNSTATED if self.data_center is None else Truth.of(self.data_center, "as the case says")
        return Item(
            name=self.name,
            vendor=self.vendor,
            total_processing_performance=self._quantity(self.tpp, self.grade),
            density=self._quantity(self.density),
            applicable_die_area_mm2=self._quantity(self.die_area),
            interconnect_bidirectional_bandwidth=self._quantity(self.interconnect, scale=1e9),
            pcie_bidirectional_bandwidth=self._quantity(self.pcie, scale=1e9),
            memory_bandwidth=self._quantity(self.memory, scale=1e9),
            marketed_for_data_center=marketed,
        )

    def _quantity(
        self, value: float | None, grade: Grade = Grade.QUOTED, scale: float = 1.0
    ) -> Quantity | None:
        return None if value is None else Quantity(value * scale, grade=grade)


class Answer(Record):
    """What is expected of one part on one day."""

    day: date
    enforced: str
    letters: str
    met: tuple[str, ...] | None = None
    review: str | None = None
    exception: str | None = None


class ThroughTime(Record):
    """One part and its answers through time."""

    id: str
    item: Figures
    on: tuple[Answer, ...]


class Gate(Record):
    """One part at the gate of January 2026."""

    id: str
    name: str
    tpp: float
    memory: float | None = None
    review: str


class Threshold(Record):
    """One set of figures and the paragraphs it meets."""

    id: str
    tpp: float
    density: float | None = None
    die_area: float | None = None
    data_center: bool | None = True
    met: tuple[str, ...]
    board: str | None = None
    truth: str | None = None
    near: tuple[str, ...] = ()


class Whither(Record):
    """One part to one destination on one day."""

    id: str
    part: str
    to: str
    day: date
    codified: str
    enforced: str
    exception: str | None = None


class Deal(Record):
    """One part in one transaction on one day, as known on another."""

    id: str
    part: str
    to: str
    day: date
    known: date | None = None
    headquartered_in: str | None = None
    end_user_in: str | None = None
    end_user: str | None = None
    end_user_listed: str | None = None
    owned_half_by_listed: str | None = None
    supercomputer_end_use: str | None = None
    package: str | None = None
    purchase_order: str | None = None
    action: Action = Action.EXPORT
    item_kind: ItemKind = ItemKind.COMMODITY
    codified: str | None = None
    enforced: str
    letters: str | None = None
    met: tuple[str, ...] | None = None
    review: str | None = None
    exceptions: dict[str, str] = Field(default_factory=dict)

    def transaction(self) -> Transaction:
        asked = (
            "end_user_listed",
            "owned_half_by_listed",
            "supercomputer_end_use",
            "package",
            "purchase_order",
        )
        truths = {
            name: Truth(Verdict(answer), ("as the case says",))
            for name in asked
            if (answer := getattr(self, name))
        }
        return Transaction(
            destination=self.to, end_user_in=self.end_user_in, headquartered_in=self.headquartered_in,
            end_user=self.end_user, action=self.action, item_kind=self.item_kind, **truths,
        )  # fmt: skip

    def item(self) -> Item:
        return A_MEMORY_STACK if self.part == "HBM3 stack" else PARTS[self.part].item()


A_MEMORY_STACK = Item(
    name="HBM3 stack", is_memory=Truth.yes("it is high-bandwidth memory"),
    memory_bandwidth_density=Quantity(3.0), total_processing_performance=Quantity(0.0), co_packaged_with_logic=Truth.no("it is sold alone"),
)  # fmt: skip

PARTS = {
    "H200": Figures(
        name="H200",
        vendor="NVIDIA",
        tpp=15832,
        die_area=814,
        interconnect=900,
        pcie=128,
        memory=4800,
        data_center=True,
    ),
    "H100": Figures(
        name="H100",
        vendor="NVIDIA",
        tpp=15832,
        die_area=814,
        interconnect=900,
        pcie=128,
        memory=3350,
        data_center=True,
    ),
    "L40": Figures(
        name="L40",
        vendor="NVIDIA",
        tpp=2912,
        die_area=608.5,
        interconnect=0,
        pcie=64,
        memory=864,
        data_center=True,
    ),
    "A100": Figures(
        name="A100",
        vendor="NVIDIA",
        tpp=4992,
        die_area=826,
        interconnect=600,
        pcie=64,
        memory=2039,
        data_center=True,
    ),
    "H20": Figures(
        name="H20",
        vendor="NVIDIA",
        tpp=2368,
        density=2.91,
        interconnect=900,
        pcie=128,
        memory=4000,
        data_center=True,
    ),
}


def cases(name: str, record: type[Record]) -> list:
    """The cases of a file."""
    return load_yaml_list(CASES / f"{name}.yaml", record)
