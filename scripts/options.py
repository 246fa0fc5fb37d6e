"""Options that several commands have."""

import argparse

#: Test images of the digits that there are.
IMAGES = 360


def check_positive(parsed: argparse.Namespace, *names: str) -> None:
    """Raise ``ValueError``, naming the first option that is below 1."""
    for name in names:
        if getattr(parsed, name) < 1:
            raise ValueError(f"--{name} must be at least 1, not {getattr(parsed, name)}")


def check_images(images: int) -> None:
    """Raise ``ValueError`` if there are not so many test images."""
    if not 1 <= images <= IMAGES:
        raise ValueError(f"--images must be from 1 to {IMAGES}, not {images}")
