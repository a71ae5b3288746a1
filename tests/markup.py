"""Reads a page as a browser would, as far as tests ask about it."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

EMPTY = {"meta", "link", "img", "br", "hr", "input"}


class Tag:
    def __init__(self, name: str, attrs: dict[str, str]) -> None:
        self.name, self.attrs = name, attrs
        self.inside: list[Tag | str] = []

    def __getitem__(self, attr: str) -> str:
        return self.attrs[attr]

    @property
    def text(self) -> str:
        """What is read in it, with single spaces."""
        return " ".join("".join(t if isinstance(t, str) else f" {t.text} " for t in self.inside).split())

    @property
    def own_text(self) -> str:
        return " ".join("".join(t for t in self.inside if isinstance(t, str)).split())

    def all(self, *names: str, kind: str = "", **attrs: str) -> list[Tag]:
        """Every tag within, in the order they are read, of these names, of this class, with these attributes (`x_y` is "x-y")."""
        wanted = {name.replace("_", "-"): value for name, value in attrs.items()}
        return [
            tag for tag in self._within()
            if (not names or tag.name in names) and (not kind or kind in tag.attrs.get("class", "").split()) and wanted.items() <= tag.attrs.items()
        ]  # fmt: skip

    def one(self, *names: str, kind: str = "", **attrs: str) -> Tag:
        (found,) = self.all(*names, kind=kind, **attrs)
        return found

    def _within(self) -> Iterator[Tag]:
        for child in self.inside:
            if isinstance(child, Tag):
                yield child
                yield from child._within()


class Reader(HTMLParser):
    """Raises ValueError when a tag is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Tag("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Tag(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(made)
        if tag not in EMPTY:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Tag(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if self.open.pop().name != tag:
            raise ValueError(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(text: str) -> Tag:
    reader = Reader()
    reader.feed(text)
    reader.close()
    (page,) = reader.open
    return page
