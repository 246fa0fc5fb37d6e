"""Small models for tests of the compiler: odd widths, one image and many, images of one pixel.

``CASES`` lists them; a case is built when its ``model`` is first asked for.
"""

from tests.compiler.models.case import Case
from tests.compiler.models.half import HALF
from tests.compiler.models.integer import INTEGER

CASES: tuple[Case, ...] = (*INTEGER, *HALF)

__all__ = ["CASES", "HALF", "INTEGER", "Case"]
