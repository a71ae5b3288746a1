"""Pure decisions: values and `now` in, a decision out; nothing but the standard library."""


class NotAllowed(Exception):
    """A rule refuses. `reason` is a slug that the flows put into words; `values` fill its blanks."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason, self.values = reason, values
