"""What the pages of the desk look up: conversations

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

#: (name, table, columns, more)
INDEXES = (
    ("ix_conversation_attended", "conversation", ["attended_by"], {"postgresql_where": sa.text("attended_by IS NOT NULL")}),
    ("ix_outbox_error", "outbox", ["id"], {"postgresql_where": sa.text("error IS NOT NULL")}),
    ("ix_outbox_failed", "outbox", ["id"], {"postgresql_where": sa.text("state = 'dead' OR (state = 'sent' AND receipt = 4)")}),
    ("ix_outbox_person", "outbox", ["person_id", "id"], {}),
    ("ix_picture_person_id", "picture", ["person_id"], {}),
    ("ix_recording_person_id", "recording", ["person_id"], {}),
)


def upgrade() -> None:
    for name, table, columns, more in INDEXES:
        op.create_index(name, table, columns, unique=False, **more)


def downgrade() -> None:
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table_name=table)
