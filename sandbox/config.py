"""What the sandbox reads from the environment, with defaults that work on one machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Config:
    """Addresses and secrets shared with the product.

    `deliver_url` is where webhooks connect when that differs from the PUBLIC_URL they are signed for.
    """

    origin: str
    cdn_origin: str
    public_url: str
    deliver_url: str
    webhook_path: str
    account_sid: str
    auth_token: str
    whatsapp_number: str
    mtn_user: str
    mtn_key: str
    mtn_subscription: str
    mtn_environment: str
    mtn_currency: str
    mtn_out_user: str
    mtn_out_key: str
    mtn_out_subscription: str
    vodafone_key: str
    vodafone_secret: str
    paystack_key: str
    paystack_webhook_path: str
    database_url: str
    field_keys: str
    desk_password: str
    desk_key: str
    clock_file: Path | None
    content_file: Path | None
    callback_delay_s: float
    send_delay_s: float
    opening_float: int  # pesewas
    pay_window_s: float
    seed: int


def from_environment(port: int, env: Mapping[str, str] = os.environ) -> Config:
    """The configuration of a world that listens on `port`."""

    def read(name: str, default: str) -> str:
        return env.get(name) or default

    public = read("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    return Config(
        origin=f"http://127.0.0.1:{port}",
        cdn_origin=f"http://{read('SANDBOX_CDN_HOST', 'localhost')}:{port}",
        public_url=public,
        deliver_url=read("SANDBOX_DELIVER_URL", public).rstrip("/"),
        webhook_path=read("SANDBOX_WEBHOOK_PATH", "/webhooks/twilio"),
        account_sid=read("TWILIO_ACCOUNT_SID", "AC" + "5e44" * 8),
        auth_token=read("TWILIO_AUTH_TOKEN", "sandbox-twilio-token"),
        whatsapp_number=read("TWILIO_WHATSAPP_NUMBER", "whatsapp:+14155238886"),
        mtn_user=read("MTN_API_USER", "5e44a1b2-0c3d-4e5f-8a9b-0c1d2e3f4a5b"),
        mtn_key=read("MTN_API_KEY", "sandbox-mtn-key"),
        mtn_subscription=read("MTN_COLLECTION_KEY", "sandbox-mtn-subscription"),
        mtn_environment=read("MTN_TARGET_ENVIRONMENT", "mtnghana"),
        mtn_currency=read("MTN_CURRENCY", "GHS"),
        mtn_out_user=read("MTN_DISBURSEMENT_USER", "6d55a1b2-0c3d-4e5f-8a9b-0c1d2e3f4a5b"),
        mtn_out_key=read("MTN_DISBURSEMENT_API_KEY", "sandbox-mtn-disbursement-api-key"),
        mtn_out_subscription=read("MTN_DISBURSEMENT_KEY", "sandbox-mtn-disbursement-subscription"),
        vodafone_key=read("VODAFONE_API_KEY", "sandbox-vodafone-key"),
        vodafone_secret=read("VODAFONE_WEBHOOK_SECRET", "sandbox-vodafone-secret"),
        paystack_key=read("PAYSTACK_SECRET_KEY", "sk_test_sandbox"),
        paystack_webhook_path=read("SANDBOX_PAYSTACK_WEBHOOK_PATH", "/webhooks/payment/paystack"),
        database_url=env.get("DATABASE_URL", ""),
        field_keys=env.get("FIELD_KEYS", ""),
        desk_password=env.get("DESK_PASSWORD", ""),
        desk_key=env.get("DESK_KEY", ""),
        clock_file=Path(env["CLOCK_FILE"]) if env.get("CLOCK_FILE") else None,
        content_file=Path(env["SANDBOX_CONTENT_FILE"]) if env.get("SANDBOX_CONTENT_FILE") else None,
        callback_delay_s=float(read("SANDBOX_CALLBACK_DELAY_S", "0.2")),
        send_delay_s=float(read("SANDBOX_SEND_DELAY_S", "0.2")),
        opening_float=int(read("SANDBOX_FLOAT_PESEWAS", "10000000")),
        pay_window_s=float(read("SANDBOX_PAY_WINDOW_S", "300")),
        seed=int(read("SANDBOX_SEED", "1")),
    )
