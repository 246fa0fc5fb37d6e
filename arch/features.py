"""What a machine may leave out to be small: the published chip has all of it (our decision)."""

from dataclasses import dataclass

from arch.checks import check_flag, check_range

#: Distributors and transposers per hemisphere at most (our decision).
DISTRIBUTORS = 4
TRANSPOSERS = 2
#: Streams that a distributor takes and gives (our decision).
DISTRIBUTE_GROUP = 8


@dataclass(frozen=True)
class Features:
    """Parts of a machine. What is left out has no logic, no queue and no legal instruction; ``still`` is a matter of
    power alone.

    Attributes
    ----------
    ecc
        Whether words have check bits. Without them an error is neither corrected nor flagged, and none can be injected.
    fetch
        Whether queues have Ifetch. Without it a program is what the queues hold.
    indexed
        Whether MEM has Gather and Scatter.
    distributors, transposers
        How many each SXM has, 0 to 4 and 0 to 2.
    shift, permute, rotate
        Whether each SXM has shifters (with Select), a Permute and a Rotate.
    still
        Whether idle ALUs and products of the MXM keep their registers still, to save power: each has an enable for it.
    """

    ecc: bool = True
    fetch: bool = True
    indexed: bool = True
    distributors: int = DISTRIBUTORS
    transposers: int = TRANSPOSERS
    shift: bool = True
    permute: bool = True
    rotate: bool = True
    still: bool = True

    def __post_init__(self) -> None:
        for name in ("ecc", "fetch", "indexed", "shift", "permute", "rotate", "still"):
            check_flag(f"features.{name}", getattr(self, name))
        check_range("features.distributors", self.distributors, 0, DISTRIBUTORS)
        check_range("features.transposers", self.transposers, 0, TRANSPOSERS)
