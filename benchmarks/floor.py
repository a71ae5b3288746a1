"""The floor: the same Flask, the same signature check, one raw transaction with an inbox row and two outbox rows, a constant answer."""

from __future__ import annotations

import os
import threading
from typing import Any

import psycopg2
from flask import Flask, Response, abort, request

from bot.channels.twilio import Twilio
from bot.messages import Request
from bot.settings import load
from bot.spool import form_of

INBOX = "INSERT INTO floor_inbox (provider_id, person, body) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
OUTBOX = "INSERT INTO floor_outbox (person, body) VALUES (%s, %s), (%s, %s)"
TABLES = """
    CREATE TABLE IF NOT EXISTS floor_inbox (id bigserial PRIMARY KEY, provider_id text UNIQUE, person text, body text);
    CREATE TABLE IF NOT EXISTS floor_outbox (id bigserial PRIMARY KEY, person text, body text)"""


def create_app() -> Flask:
    app = Flask("floor")
    twilio = Twilio(load(Twilio.Config), public_url=os.environ["PUBLIC_URL"])
    dsn = os.environ["DATABASE_URL"]
    kept = threading.local()

    def connection() -> Any:
        if not hasattr(kept, "connection"):
            kept.connection = psycopg2.connect(dsn)
        return kept.connection

    @app.post("/webhooks/twilio")
    def inbound() -> Response:
        body = request.get_data(cache=False)
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Request(request.method, request.path, headers, body, form_of(body))
        if not twilio.genuine(asked):
            abort(403)
        form = dict(asked.form)
        with connection() as transaction, transaction.cursor() as cursor:
            cursor.execute(INBOX, (form["MessageSid"], form["From"], form["Body"]))
            cursor.execute(OUTBOX, (form["From"], "one", form["From"], "two"))
        return Response("<Response/>", mimetype="text/xml")

    return app
