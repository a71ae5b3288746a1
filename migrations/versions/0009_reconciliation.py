"""Statements of providers, cases, switches

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")
UNDECIDED = sa.text("verdict IS NULL OR verdict IN ('theirs_only', 'status_differs', 'sent_without_record')")

# What waited in suspense before there were cases becomes one.
HELD = """
INSERT INTO money_case (key, kind, severity, provider, facts, state, opened_at)
SELECT r.key || '\\:wrong_amount', 'wrong_amount', 2, p.provider, jsonb_build_object('payment_id', p.id, 'order_id', p.order_id, 'asked', p.amount,
    'currency', r.currency, 'excess', r.amount,
    'account', 'suspense\\:unmatched' || CASE WHEN r.currency = 'GHS' THEN '' ELSE '\\:' || r.currency END), 'open', r.created_at
FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.state = 'held'
"""


def upgrade() -> None:
    op.add_column('payment', sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table('money_case',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('severity', sa.Integer(), nullable=False),
    sa.Column('provider', sa.Text(), nullable=True),
    sa.Column('facts', postgresql.JSONB(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('proposed_by', sa.Text(), nullable=True),
    sa.Column('proposal', postgresql.JSONB(), nullable=True),
    sa.Column('closed_by', sa.Text(), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resolution', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_money_case')),
    sa.UniqueConstraint('key', name=op.f('uq_money_case_key'))
    )
    op.create_index('ix_money_case_open', 'money_case', ['severity', 'opened_at'], unique=False, postgresql_where=OPEN)
    op.execute(HELD)
    op.create_table('schedule',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_schedule'))
    )
    op.create_table('statement',
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('provider', 'day', name=op.f('pk_statement'))
    )
    op.create_table('switch',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('is_off', sa.Boolean(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('by', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_switch'))
    )
    op.create_table('statement_line',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('provider_id', sa.Text(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('fee', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('msisdn', sa.Text(), nullable=False),
    sa.Column('verdict', sa.Text(), nullable=True),
    sa.Column('payment_id', sa.BigInteger(), nullable=True),
    sa.Column('disbursement_id', sa.BigInteger(), nullable=True),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['disbursement_id'], ['disbursement.id'], name=op.f('fk_statement_line_disbursement_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_statement_line_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_statement_line')),
    sa.UniqueConstraint('provider', 'kind', 'provider_id', name=op.f('uq_statement_line_provider_kind_provider_id'))
    )
    op.create_index('ix_statement_line_disbursement', 'statement_line', ['disbursement_id'], unique=False, postgresql_where=sa.text('disbursement_id IS NOT NULL'))
    op.create_index('ix_statement_line_open', 'statement_line', ['provider', 'id'], unique=False, postgresql_where=UNDECIDED)
    op.create_index('ix_statement_line_payment', 'statement_line', ['payment_id'], unique=False, postgresql_where=sa.text('payment_id IS NOT NULL'))


def downgrade() -> None:
    op.drop_table('statement_line')
    op.drop_table('switch')
    op.drop_table('statement')
    op.drop_table('schedule')
    op.drop_table('money_case')
    op.drop_column('payment', 'claimed_at')
