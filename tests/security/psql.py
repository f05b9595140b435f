"""What tests do with a plain connection."""

from __future__ import annotations

import json
from uuid import uuid4

import psycopg
from psycopg.rows import dict_row


def post(
    psql: psycopg.Connection, account: str, minor: int = 1_00, currency: str = "USD", **more: object
) -> dict[str, object]:
    item = {
        "account": account,
        "submission_id": str(uuid4()),
        "amount": minor,
        "currency": currency,
        "method": "cash",
        **more,
    }
    with psql.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select * from debtflow.payment_post(%s::jsonb)", [json.dumps([item])]).fetchone()
    assert row is not None
    return row


def token_of(psql: psycopg.Connection) -> str:
    row = psql.execute("select current_setting('debtflow.session')").fetchone()
    assert row is not None
    return str(row[0])
