"""What the pages of the desk look up: orders_people

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

UNDER_WAY = "orders.state NOT IN ('PENDING_DEPOSIT', 'COMPLETED', 'CANCELLED', 'REFUNDED')"
#: (name, table, columns, of which rows)
INDEXES = (
    ("ix_orders_state", "orders", ["state", "id"], None),
    ("ix_orders_placed", "orders", ["placed_at"], None),
    ("ix_orders_total", "orders", ["total", "id"], None),
    ("ix_orders_promised", "orders", ["promised_on", "id"], None),
    ("ix_orders_open", "orders", ["promised_on", "id"], UNDER_WAY),
    ("ix_payment_person", "payment", ["person_id", "id"], None),
    ("ix_person_role", "person", ["role", "id"], None),
    ("ix_person_stopped", "person", ["id"], "stopped_at IS NOT NULL"),
)


def upgrade() -> None:
    for name, table, columns, which in INDEXES:
        op.create_index(name, table, columns, unique=False, postgresql_where=sa.text(which) if which else None)


def downgrade() -> None:
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table_name=table)
