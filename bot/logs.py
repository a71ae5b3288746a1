"""Structured logs: one JSON object a line, numbers masked, nothing secret."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

from bot.seal import masked

_NUMBER = re.compile(r"\+?\d{9,15}(?!\d)")
_KNOWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": record.levelname, "from": record.name}
        line["said"] = record.getMessage()
        line |= {k: str(v) for k, v in vars(record).items() if k not in _KNOWN}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return _NUMBER.sub(lambda m: masked(m[0]), json.dumps(line, ensure_ascii=False))


def start(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("rq.worker", "rq.queue", "httpx", "twilio", "urllib3", "sqlalchemy", "transitions"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
