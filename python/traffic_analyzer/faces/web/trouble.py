"""What could not be answered, as a line that says what to do."""

from __future__ import annotations

import json

from bottle import HTTPError, response

from ...units import escaped

_SHOWN, _SUBJECT_SHOWN = 400, 64  # characters
_NOTHING = "there is nothing here: /api/v1/reports lists reports, / is the page"
#: What bottle finds wrong by itself.
_TEXTS = {
    403: _NOTHING,  # beyond the folder of the page
    404: _NOTHING,
    405: "nothing can be changed here: use GET or HEAD",
}


class Trouble(HTTPError):  # type: ignore[misc]  # bottle has no types
    """A status, and the line for it; headers with underscores in place of hyphens."""

    reason, subject = "", ""

    def about(self, reason: str, subject: str) -> Trouble:
        """Itself, with the code of what was refused, and what that was: for who says it in words of his own."""
        self.reason, self.subject = reason, subject
        return self


def told(trouble: HTTPError) -> bytes:
    """The body of the answer that bottle makes of *trouble*, whoever found it."""
    text = trouble.body if isinstance(trouble, Trouble) else _TEXTS.get(trouble.status_code, trouble.status_line)
    response.content_type = "application/json"
    if trouble.status_code == 405:
        response.set_header("Allow", "GET, HEAD")  # not all versions of bottle think of HEAD
    document = {"error": escaped(str(text))[:_SHOWN]}
    if isinstance(trouble, Trouble) and trouble.reason:
        document |= {"reason": trouble.reason, "subject": escaped(trouble.subject)[:_SUBJECT_SHOWN]}
    return json.dumps(document).encode() + b"\n"
