"""What the product's processes read from the environment when they live in the sandbox: keys made once, addresses of the stand-ins."""

from __future__ import annotations

import base64
import os
import secrets
import uuid
from collections.abc import Mapping
from pathlib import Path

#: Names of the product's settings: what a shell happens to hold under them must not reach the sandbox, above all no real account.
OURS = ("TWILIO_", "MTN_", "VODAFONE_", "PAYSTACK_", "META_", "OPENAI_", "ADMIN_", "DESK_", "SMTP_", "MAIL_")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def keys(file: Path) -> dict[str, str]:
    """The secrets kept in the file, made when first asked for; a name that is missing is added."""
    kept = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line) if file.exists() else {}
    fresh = {name: value for name, value in _fresh().items() if name not in kept}
    if fresh:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(file.name + ".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.writelines(f"{name}={value}\n" for name, value in (kept | fresh).items())
        draft.replace(file)
    return kept | fresh


def environment(
    state: Path, secret: Mapping[str, str], *, database_url: str, redis_url: str, web_port: int, world_port: int
) -> dict[str, str]:  # fmt: skip
    """The whole environment of every process: the caller's, cleaned, and ours."""
    world = f"http://127.0.0.1:{world_port}"
    ours = {
        "ENVIRONMENT": "demo", "DATABASE_URL": database_url, "REDIS_URL": redis_url, "PUBLIC_URL": f"http://127.0.0.1:{web_port}",
        "SPOOL_DIR": str(state / "spool"), "CLOCK_FILE": str(state / "clock"), "TMPDIR": str(state / "tmp"),
        "TWILIO_WHATSAPP_NUMBER": "whatsapp:+14155238886", "TWILIO_API_URL": f"{world}/twilio", "TWILIO_CONTENT_URL": f"{world}/twilio",
        "MTN_API_URL": f"{world}/mtn", "MTN_TARGET_ENVIRONMENT": "mtnghana", "MTN_CURRENCY": "GHS",
        "VODAFONE_API_URL": f"{world}/vodafone", "VODAFONE_CURRENCY": "GHS", "PAYSTACK_API_URL": f"{world}/paystack",
        "SANDBOX_CONTENT_FILE": str(state / "content.json"), "PYTHONUNBUFFERED": "1", "NO_PROXY": "127.0.0.1,localhost,::1",
    }  # fmt: skip
    return {name: value for name, value in os.environ.items() if _is_harmless(name)} | dict(secret) | ours


def _is_harmless(name: str) -> bool:
    return not name.upper().startswith(OURS) and name.lower() not in PROXIES and name not in ("FLASK_APP", "GUNICORN_CMD_ARGS")


def _fresh() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(36),
        "FIELD_KEYS": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "MTN_API_USER": str(uuid.uuid4()),
        "MTN_API_KEY": secrets.token_hex(16),
        "MTN_COLLECTION_KEY": secrets.token_hex(16),
        "MTN_DISBURSEMENT_USER": str(uuid.uuid4()),
        "MTN_DISBURSEMENT_API_KEY": secrets.token_hex(16),
        "MTN_DISBURSEMENT_KEY": secrets.token_hex(16),
        "VODAFONE_API_KEY": secrets.token_hex(16),
        "VODAFONE_WEBHOOK_SECRET": secrets.token_hex(16),
        "PAYSTACK_SECRET_KEY": "sk_test_" + secrets.token_hex(20),
        "DESK_PASSWORD": "-".join(secrets.token_hex(2) for _ in range(4)),
        "DESK_KEY": base64.b32encode(secrets.token_bytes(20)).decode(),
    }
