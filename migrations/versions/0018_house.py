"""What the pages of the desk look up: house

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

#: (index, table, columns, condition)
LOOKED_UP = (
    ("ix_inbox_failed", "inbox", ["name", "id"], "state = 'failed'"),
    ("ix_outbox_stuck", "outbox", ["state", "due_at"], "state IN ('dead', 'held')"),
)
#: What happened in a period: the rows come in the order of time, so that a few pages of an index say where to look. Each stretch is summed up
#: as soon as it is full: what is not summed up is read whole, and that would be the day that is asked for most.
BY_TIME = (
    ("ix_inbox_received", "inbox", "received_at"), ("ix_outbox_created", "outbox", "created_at"), ("ix_payment_created", "payment", "created_at"),
    ("ix_order_step_at", "order_step", "at"), ("ix_audit_at", "audit", "at"), ("ix_person_created", "person", "created_at"),
    ("ix_person_consented", "person", "consented_at"),
)  # fmt: skip


def upgrade() -> None:
    for name, table, columns, condition in LOOKED_UP:
        op.create_index(name, table, columns, postgresql_where=sa.text(condition))
    for name, table, column in BY_TIME:
        op.create_index(name, table, [column], postgresql_using='brin', postgresql_with={'pages_per_range': 32, 'autosummarize': 'on'})
    op.create_table('metric_day',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('day', 'name', 'key', name=op.f('pk_metric_day'))
    )


def downgrade() -> None:
    op.drop_table('metric_day')
    for name, table, _ in reversed(BY_TIME):
        op.drop_index(name, table_name=table)
    for name, table, _, _ in reversed(LOOKED_UP):
        op.drop_index(name, table_name=table)
