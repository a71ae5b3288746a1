"""People who speak with a person

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('conversation', sa.Column('attended_by', sa.Text(), nullable=True))
    op.add_column('plea', sa.Column('taken_by', sa.Text(), nullable=True))
    op.add_column('plea', sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('plea', sa.Column('content', sa.Boolean(), nullable=True))
    op.create_index('ix_plea_open', 'plea', ['at'], postgresql_where=sa.text('answered_at IS NULL'))


def downgrade() -> None:
    op.drop_index('ix_plea_open', table_name='plea')
    op.drop_column('plea', 'content')
    op.drop_column('plea', 'taken_at')
    op.drop_column('plea', 'taken_by')
    op.drop_column('conversation', 'attended_by')
