"""Checks of configuration fields, whose messages name field, value and what is allowed."""


def check_range(name: str, value: int, low: int, high: int) -> None:
    """Refuse anything but an integer from ``low`` to ``high``, naming the field."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} must be an integer from {low} to {high}, not {value!r}")


def check_choice(name: str, value: int, choices: tuple[int, ...]) -> None:
    """Refuse anything but one of some integers, naming the field."""
    if isinstance(value, bool) or not isinstance(value, int) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}, not {value!r}")


def check_flag(name: str, value: bool) -> None:
    """Refuse anything but a bool, naming the field."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False, not {value!r}")
