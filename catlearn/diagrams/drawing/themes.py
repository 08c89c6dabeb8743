"""Which colors a drawing has.

>>> THEMES["light"].wire["residual"], THEMES["light"].box["backward"].line
('#7b3fb5', '#c2570c')
>>> find_theme("sepia")
Traceback (most recent call last):
...
catlearn.errors.DrawingError: there is no theme 'sepia'; use 'light', 'dark' or a Theme of your own
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from catlearn.errors import DrawingError, short

__all__ = ["THEMES", "Paint", "Theme", "find_theme"]

COLOR = re.compile("#[0-9a-fA-F]{6}")
ROLES = ("", "forward", "backward", "parameter", "residual", "error")


@dataclass(frozen=True)
class Paint:
    """The colors of one box: its inside, its border, its text; each as `#rrggbb`, else `DrawingError`.

    >>> Paint("#ffffff", "#000000", "#000000").line
    '#000000'
    """

    fill: str
    line: str
    text: str

    def __post_init__(self) -> None:
        _check_colors(self.fill, self.line, self.text)


@dataclass(frozen=True)
class Theme:
    """The colors of a drawing, each as `#rrggbb`. The background is always transparent.

    Args:
        ink: names of inputs.
        soft: types of wires, and borders of opened boxes.
        shade: the inside of opened boxes.
        box: the paint of boxes by role; "" is for a box without a role.
        wire: the color of wires by role; "" is for a wire without a role.

    Raises:
        DrawingError: when a role has no color, or a color is not one.

    >>> sorted(THEMES["light"].box) == sorted(THEMES["dark"].wire)
    True
    """

    ink: str
    soft: str
    shade: str
    box: Mapping[str, Paint]
    wire: Mapping[str, str]

    def __post_init__(self) -> None:
        for name, table, kind in (("box", self.box, Paint), ("wire", self.wire, str)):
            for role in ROLES:
                if not isinstance(table, Mapping) or not isinstance(table.get(role), kind):
                    raise DrawingError(f"theme: {name} needs a {kind.__name__} for the role {role!r}")
        _check_colors(self.ink, self.soft, self.shade, *self.wire.values())


def _check_colors(*colors: str) -> None:
    for color in colors:
        if not isinstance(color, str) or not COLOR.fullmatch(color):
            raise DrawingError(f"theme: a color is written as #rrggbb, not {short(color)}")


def find_theme(theme: str | Theme) -> Theme:
    """The theme of this name.

    >>> find_theme("dark") is THEMES["dark"] is find_theme(THEMES["dark"])
    True

    Raises:
        DrawingError: when there is none.
    """
    if isinstance(theme, Theme):
        return theme
    if not isinstance(theme, str) or theme not in THEMES:
        raise DrawingError(f"there is no theme {short(theme)}; use 'light', 'dark' or a Theme of your own")
    return THEMES[theme]


# Blue, orange, green and purple of about equal lightness, which the usual color blindnesses keep apart.
_BLUE, _ORANGE = Paint("#e9f1fb", "#2563a8", "#12304f"), Paint("#fdeee0", "#c2570c", "#5a2704")
_GREEN, _PURPLE, _RED = (
    Paint("#e3f5ee", "#0b7a5c", "#053d2e"),
    Paint("#f3eafb", "#7b3fb5", "#3b1a5c"),
    Paint("#fde8e8", "#d11a2a", "#6b0a12"),
)
_NIGHT_BLUE, _NIGHT_ORANGE = Paint("#16293f", "#6ea8e6", "#e3eefb"), Paint("#3b2412", "#f0964e", "#fdeadb")
_NIGHT_GREEN, _NIGHT_PURPLE, _NIGHT_RED = (
    Paint("#0f3329", "#4fc9a2", "#dcf7ed"),
    Paint("#2e1f40", "#b98ae8", "#f1e6fc"),
    Paint("#451519", "#ff6b72", "#ffe3e4"),
)


def _boxes(plain: Paint, backward: Paint, parameter: Paint, residual: Paint, error: Paint) -> Mapping[str, Paint]:
    table = {"": plain, "forward": plain, "backward": backward, "parameter": parameter}
    return MappingProxyType(table | {"residual": residual, "error": error})


def _wires(plain: str, boxes: Mapping[str, Paint]) -> Mapping[str, str]:
    lines = {role: paint.line for role, paint in boxes.items()}
    return MappingProxyType(lines | {"": plain, "forward": plain})


_DAY = _boxes(_BLUE, _ORANGE, _GREEN, _PURPLE, _RED)
_NIGHT = _boxes(_NIGHT_BLUE, _NIGHT_ORANGE, _NIGHT_GREEN, _NIGHT_PURPLE, _NIGHT_RED)

THEMES: Mapping[str, Theme] = MappingProxyType(
    {
        "light": Theme("#1f2937", "#6b7684", "#f6f8fa", _DAY, _wires("#43505c", _DAY)),
        "dark": Theme("#e6edf3", "#93a0ad", "#11161d", _NIGHT, _wires("#aebac6", _NIGHT)),
    }
)
"""The themes by name."""
