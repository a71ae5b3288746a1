"""Disputes and what was said in them

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


OPEN = sa.text("state <> 'closed'")


def upgrade() -> None:
    op.create_table('dispute',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('opened_by', sa.BigInteger(), nullable=False),
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('from_state', sa.Text(), nullable=False),
    sa.Column('priority', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer_due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('refund', sa.BigInteger(), nullable=False),
    sa.Column('borne', sa.BigInteger(), nullable=False),
    sa.Column('bearer', sa.Text(), nullable=True),
    sa.Column('released', sa.BigInteger(), nullable=False),
    sa.Column('to_customer', sa.Text(), nullable=True),
    sa.Column('to_tailor', sa.Text(), nullable=True),
    sa.Column('decided_by', sa.Text(), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('customer_satisfied', sa.Boolean(), nullable=True),
    sa.Column('tailor_satisfied', sa.Boolean(), nullable=True),
    sa.CheckConstraint('borne BETWEEN 0 AND refund AND (borne = 0) = (bearer IS NULL)', name=op.f('ck_dispute_borne')),
    sa.ForeignKeyConstraint(['opened_by'], ['person.id'], name=op.f('fk_dispute_opened_by')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_dispute_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute'))
    )
    op.create_index('ix_dispute_due', 'dispute', ['answer_due_at'], unique=False, postgresql_where=OPEN)
    op.create_index(op.f('ix_dispute_order_id'), 'dispute', ['order_id'], unique=False)
    op.create_index('uq_dispute_open', 'dispute', ['order_id'], unique=True, postgresql_where=OPEN)
    op.create_table('dispute_word',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('dispute_id', sa.BigInteger(), nullable=False),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('for_whom', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('picture_id', sa.BigInteger(), nullable=True),
    sa.Column('recording_id', sa.BigInteger(), nullable=True),
    sa.Column('said_by', sa.Text(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['dispute_id'], ['dispute.id'], name=op.f('fk_dispute_word_dispute_id')),
    sa.ForeignKeyConstraint(['picture_id'], ['picture.id'], name=op.f('fk_dispute_word_picture_id')),
    sa.ForeignKeyConstraint(['recording_id'], ['recording.id'], name=op.f('fk_dispute_word_recording_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute_word'))
    )
    op.create_index('ix_dispute_word_dispute', 'dispute_word', ['dispute_id', 'id'], unique=False)
    op.create_index(op.f('ix_dispute_word_picture_id'), 'dispute_word', ['picture_id'], unique=False)
    op.create_index(op.f('ix_dispute_word_recording_id'), 'dispute_word', ['recording_id'], unique=False)
    op.add_column('recording', sa.Column('event', sa.Text(), nullable=False, server_default='voice_heard'))
    op.alter_column('recording', 'event', server_default=None)


def downgrade() -> None:
    op.drop_column('recording', 'event')
    op.drop_index(op.f('ix_dispute_word_recording_id'), table_name='dispute_word')
    op.drop_index(op.f('ix_dispute_word_picture_id'), table_name='dispute_word')
    op.drop_index('ix_dispute_word_dispute', table_name='dispute_word')
    op.drop_table('dispute_word')
    op.drop_index('uq_dispute_open', table_name='dispute', postgresql_where=OPEN)
    op.drop_index(op.f('ix_dispute_order_id'), table_name='dispute')
    op.drop_index('ix_dispute_due', table_name='dispute', postgresql_where=OPEN)
    op.drop_table('dispute')
