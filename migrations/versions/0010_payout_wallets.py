"""Where tailors are paid, and when

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('purse',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('tailor_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_state', sa.Text(), nullable=False),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('before', sa.Text(), nullable=True),
    sa.Column('before_index', sa.Text(), nullable=True),
    sa.Column('stopped_because', sa.Text(), nullable=True),
    sa.Column('looked_by', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['tailor_id'], ['tailor.id'], name=op.f('fk_purse_tailor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_purse')),
    sa.UniqueConstraint('tailor_id', name=op.f('uq_purse_tailor_id'))
    )
    op.create_index(op.f('ix_purse_before_index'), 'purse', ['before_index'], unique=False)
    op.create_table('holder_check',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('tailor_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['tailor_id'], ['tailor.id'], name=op.f('fk_holder_check_tailor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_holder_check'))
    )
    op.create_index('ix_holder_check_due', 'holder_check', ['next_at'], unique=False, postgresql_where=sa.text('answered_at IS NULL'))
    op.create_index('ix_holder_check_tailor', 'holder_check', ['tailor_id', 'asked_at'], unique=False)
    op.create_table('payday',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('week', sa.Text(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('run_by', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payday')),
    sa.UniqueConstraint('week', name=op.f('uq_payday_week'))
    )
    op.create_index('ix_payday_due', 'payday', ['next_at'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_table('dry_float',
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('provider', name=op.f('pk_dry_float'))
    )


def downgrade() -> None:
    op.drop_table('dry_float')
    op.drop_table('payday')
    op.drop_table('holder_check')
    op.drop_table('purse')
