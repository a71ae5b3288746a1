"""Voice notes, and what was heard in them

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    when = sa.DateTime(timezone=True)
    op.create_table(
        'recording',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('person_id', sa.BigInteger(), nullable=False),
        sa.Column('inbox_id', sa.BigInteger()),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('source_url', sa.Text()),
        sa.Column('source_type', sa.Text()),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('due_at', when, nullable=False),
        sa.Column('content', sa.LargeBinary()),
        sa.Column('said', sa.Text()),
        sa.Column('engine', sa.Text()),
        sa.Column('confidence', sa.Float()),
        sa.Column('seconds', sa.Float()),
        sa.Column('why', sa.Text()),
        sa.Column('claims', sa.Text()),
        sa.Column('names', sa.Text()),
        sa.Column('created_at', when, nullable=False),
        sa.Column('purge_at', when, nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name='fk_recording_person_id'),
        sa.PrimaryKeyConstraint('id', name='pk_recording'),
    )
    op.create_index('ix_recording_wanted', 'recording', ['due_at'], postgresql_where=sa.text("state = 'wanted'"))
    op.create_index(
        'ix_recording_purge', 'recording', ['purge_at'], postgresql_where=sa.text('content IS NOT NULL OR said IS NOT NULL')
    )


def downgrade() -> None:
    op.drop_table('recording')
