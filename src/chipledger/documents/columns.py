"""Which column of a dump says what: the record that an entry of a row carries; `column_names` makes it."""

from dataclasses import dataclass, fields

_OWNED = frozenset({"modelid", "datasetid", "model_id", "repo_id", "repo_name", "full_name"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of a dump by what they say; None where none says it.

    Args:
        text: the documents themselves.
        name: what each is called.
        organisation: whose it is.
        project: what it belongs to.
        date: the day of its last change.
        licence: its licence; a list of tags holds it as "license:…".
        url: its address, or an address with {name} in it.
        format: the format of every row; None looks at each.
    """

    text: str
    name: str | None = None
    organisation: str | None = None
    project: str | None = None
    date: str | None = None
    licence: str | None = None
    url: str | None = None
    format: str | None = None

    @property
    def is_owned(self) -> bool:
        """Whether names are "owner/project"."""
        return (self.name or "").lower() in _OWNED

    def wanted(self) -> tuple[str, ...]:
        """The columns to read, the text first, each once."""
        url = None if self.url and "{" in self.url else self.url
        named = (self.text, self.name, self.organisation, self.project, self.date, self.licence, url)
        return tuple(dict.fromkeys(name for name in named if name))

    def in_words(self) -> str:
        """What was made of the columns, on one line.

        >>> Columns(text="card", name="modelId", format="markdown").in_words()
        'a document a row: text=card,name=modelId,format=markdown'
        """
        said = [f"{one.name}={getattr(self, one.name)}" for one in fields(self) if getattr(self, one.name)]
        return f"a document a row: {','.join(said)}"
