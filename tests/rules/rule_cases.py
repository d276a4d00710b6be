"""The shape of the cases in tests/rules/cases and the items they stand for."""

from datetime import date
from pathlib import Path

from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record
from chipledger.core.sources import Grade
from chipledger.core.truth import Truth
from chipledger.rules.item import UNSTATED, Item, Quantity

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


PARTS = {
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
