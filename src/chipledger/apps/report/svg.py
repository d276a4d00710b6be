"""SVG as text: elements with escaped attributes and words, nothing more.

Takes names, numbers and words, some of them written by strangers; gives Markup that a template may show as it is.
"""

from markupsafe import Markup, escape

Attribute = str | float | None


def element(name: str, *inside: str, **attributes: Attribute) -> Markup:
    """One element; what is inside is escaped unless it is Markup.

    Args:
        name: of the element.
        inside: words and elements.
        attributes: `class_` stands for class, `stroke_width` for stroke-width; None leaves one out.

    >>> element("text", "<b>", class_="name", x=3.25)
    Markup('<text class="name" x="3.2">&lt;b&gt;</text>')
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _plain(value))
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{}{}>{}</{}>").format(
        Markup(name), written, Markup("").join(map(escape, inside)), Markup(name)
    )


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
