"""A rule as it stood when it decided: all that a verdict needs besides the runs, whole enough to be kept and read again.

Made from a use case of the register, kept beside each decision, so that a replay does not hang on what the register says now.
"""

from chipledger.core.records import Record
from chipledger.evals.register import Link, UseCase
from chipledger.evals.rule import rule_hash


class Preregistration(Record):
    """One link of one use case, in one version of the entry.

    Args:
        use_case: its id.
        version: of the entry.
        link: benchmark, elicitation, threshold and rule.
    """

    use_case: str
    version: int
    link: Link

    @classmethod
    def of(cls, use_case: UseCase, link: Link) -> "Preregistration":
        """The pre-registration of a link of the register."""
        return cls(use_case=use_case.id, version=use_case.version, link=link)

    @property
    def hash(self) -> str:
        """The rule's name; see `chipledger.evals.rule.rule_hash`."""
        link = self.link
        return rule_hash(self.use_case, link.benchmark, link.elicitation, link.threshold, link.rule)
