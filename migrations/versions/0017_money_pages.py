"""What the pages of the desk look up: money_pages

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

LIVE = "('created', 'approved', 'submitting', 'unknown', 'pending', 'needs_attention', 'needs_review')"
#: (name, table, columns, of which rows)
INDEXES = (
    ("ix_journal_posted_at", "journal", ["posted_at"], None),
    ("ix_payment_taken", "payment", ["provider", "id"], "state = 'succeeded'"),
    ("ix_disbursement_live", "disbursement", ["provider", "state"], f"state IN {LIVE}"),
    ("ix_disbursement_sent", "disbursement", ["provider", "id"], "state = 'succeeded'"),
    ("ix_statement_line_verdict", "statement_line", ["provider", "verdict"], None),
    ("ix_statement_line_differs", "statement_line", ["id"], "verdict NOT IN ('matched', 'booked')"),
)


def upgrade() -> None:
    for name, table, columns, which in INDEXES:
        op.create_index(name, table, columns, unique=False, postgresql_where=sa.text(which) if which else None)
    held = {"postgresql_ops": {"code": "text_pattern_ops"}, "postgresql_where": sa.text("balance <> 0")}
    op.create_index("ix_entry_account", "entry", ["account_id", "id"], unique=False)
    op.drop_index("ix_entry_account_id", table_name="entry")  # the one above does its work, too
    op.create_index("ix_account_held", "account", ["code"], unique=False, **held)


def downgrade() -> None:
    op.drop_index("ix_account_held", table_name="account")
    op.create_index("ix_entry_account_id", "entry", ["account_id"], unique=False)
    op.drop_index("ix_entry_account", table_name="entry")
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table_name=table)
