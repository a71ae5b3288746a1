"""Money that leaves: refunds, payouts, and clocks that can be paused

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

# Assets may be floored, too: a receivable is overdrawn below zero, a debt above.
OVERDRAWN = """
CREATE OR REPLACE FUNCTION account_must_not_be_overdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM account WHERE id = NEW.id AND floored AND {test};
    IF FOUND THEN
        RAISE EXCEPTION 'account % is overdrawn', NEW.code USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""
OPEN = "state IN ({})"
BEFORE = OPEN.format("'created', 'submitting', 'unknown', 'pending', 'not_accepted'")
NOW = OPEN.format("'created', 'submitting', 'unknown', 'action_required', 'pending', 'not_accepted'")


def upgrade() -> None:
    op.execute(OVERDRAWN.format(test="CASE WHEN kind IN ('A', 'X') THEN balance < 0 ELSE balance > 0 END"))
    op.drop_index('uq_payment_open', table_name='payment')
    op.create_index('uq_payment_open', 'payment', ['order_id', 'stage'], unique=True, postgresql_where=sa.text(NOW))
    op.create_table('disbursement',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('once', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('way', sa.Text(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('tailor_id', sa.BigInteger(), nullable=True),
    sa.Column('refund_id', sa.BigInteger(), nullable=True),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('payment_id', sa.BigInteger(), nullable=True),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('msisdn', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('provider_id', sa.Text(), nullable=True),
    sa.Column('run', sa.Text(), nullable=True),
    sa.Column('retry_of', sa.BigInteger(), nullable=True),
    sa.Column('approved_by', sa.Text(), nullable=True),
    sa.Column('callback_key', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('polls', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_disbursement_order_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_disbursement_payment_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_disbursement_person_id')),
    sa.ForeignKeyConstraint(['refund_id'], ['refund.id'], name=op.f('fk_disbursement_refund_id')),
    sa.ForeignKeyConstraint(['retry_of'], ['disbursement.id'], name=op.f('fk_disbursement_retry_of')),
    sa.ForeignKeyConstraint(['tailor_id'], ['tailor.id'], name=op.f('fk_disbursement_tailor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disbursement')),
    sa.UniqueConstraint('once', name=op.f('uq_disbursement_once')),
    sa.UniqueConstraint('reference', name=op.f('uq_disbursement_reference')),
    sa.UniqueConstraint('retry_of', name=op.f('uq_disbursement_retry_of'))
    )
    op.create_index('ix_disbursement_due', 'disbursement', ['next_at'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL'))
    op.create_index(op.f('ix_disbursement_refund_id'), 'disbursement', ['refund_id'], unique=False)
    op.create_index('ix_disbursement_tailor', 'disbursement', ['tailor_id', 'id'], unique=False, postgresql_where=sa.text('tailor_id IS NOT NULL'))
    op.create_index('uq_disbursement_provider_id', 'disbursement', ['provider', 'provider_id'], unique=True, postgresql_where=sa.text('provider_id IS NOT NULL'))
    op.create_index('uq_disbursement_refund', 'disbursement', ['refund_id'], unique=True, postgresql_where=sa.text("state IN ('created', 'approved', 'submitting', 'unknown', 'pending', 'needs_attention', 'needs_review') AND refund_id IS NOT NULL"))
    op.add_column('payment', sa.Column('secret', sa.Text(), nullable=True))
    op.add_column('refund', sa.Column('tries', sa.Integer(), nullable=False, server_default='0'))
    op.alter_column('refund', 'tries', server_default=None)
    op.add_column('refund', sa.Column('next_at', sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()))
    op.alter_column('refund', 'next_at', server_default=None)
    # What waits in suspense is looked at by a person before it is sent.
    op.execute("UPDATE refund SET state = 'held' WHERE cause <> 'cancelled'")
    op.add_column('refund', sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_refund_due', 'refund', ['next_at'], unique=False, postgresql_where=sa.text("state = 'owed'"))
    op.create_index(op.f('ix_refund_payment_id'), 'refund', ['payment_id'], unique=False)
    op.create_index(op.f('ix_refund_person_id'), 'refund', ['person_id'], unique=False)
    op.create_index('ix_timer_beginning', 'timer', ['key'], unique=False, postgresql_ops={'key': 'text_pattern_ops'},
                    postgresql_where=sa.text('rung_at IS NULL'))
    op.add_column('timer', sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('timer', 'paused_at')
    op.drop_index('ix_timer_beginning', table_name='timer')
    op.drop_index(op.f('ix_refund_person_id'), table_name='refund')
    op.drop_index(op.f('ix_refund_payment_id'), table_name='refund')
    op.drop_index('ix_refund_due', table_name='refund', postgresql_where=sa.text("state = 'owed'"))
    op.drop_column('refund', 'paid_at')
    op.drop_column('refund', 'next_at')
    op.drop_column('refund', 'tries')
    op.drop_column('payment', 'secret')
    op.drop_index('uq_disbursement_refund', table_name='disbursement', postgresql_where=sa.text("state IN ('created', 'approved', 'submitting', 'unknown', 'pending', 'needs_attention', 'needs_review') AND refund_id IS NOT NULL"))
    op.drop_index('uq_disbursement_provider_id', table_name='disbursement', postgresql_where=sa.text('provider_id IS NOT NULL'))
    op.drop_index('ix_disbursement_tailor', table_name='disbursement', postgresql_where=sa.text('tailor_id IS NOT NULL'))
    op.drop_index(op.f('ix_disbursement_refund_id'), table_name='disbursement')
    op.drop_index('ix_disbursement_due', table_name='disbursement', postgresql_where=sa.text('next_at IS NOT NULL'))
    op.drop_table('disbursement')
    op.drop_index('uq_payment_open', table_name='payment')
    op.create_index('uq_payment_open', 'payment', ['order_id', 'stage'], unique=True, postgresql_where=sa.text(BEFORE))
    op.execute(OVERDRAWN.format(test="balance > 0"))
