"""Another tailor for the same deposit, cash, reviews

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('review',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('tailor_id', sa.BigInteger(), nullable=False),
    sa.Column('quality', sa.Integer(), nullable=False),
    sa.Column('fit', sa.Integer(), nullable=False),
    sa.Column('punctuality', sa.Integer(), nullable=False),
    sa.Column('communication', sa.Integer(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('picture_id', sa.BigInteger(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reply', sa.Text(), nullable=True),
    sa.Column('replied_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('communication BETWEEN 1 AND 5', name=op.f('ck_review_communication')),
    sa.CheckConstraint('fit BETWEEN 1 AND 5', name=op.f('ck_review_fit')),
    sa.CheckConstraint('punctuality BETWEEN 1 AND 5', name=op.f('ck_review_punctuality')),
    sa.CheckConstraint('quality BETWEEN 1 AND 5', name=op.f('ck_review_quality')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_review_order_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_review_person_id')),
    sa.ForeignKeyConstraint(['picture_id'], ['picture.id'], name=op.f('fk_review_picture_id')),
    sa.ForeignKeyConstraint(['tailor_id'], ['tailor.id'], name=op.f('fk_review_tailor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review')),
    sa.UniqueConstraint('order_id', name=op.f('uq_review_order_id'))
    )
    op.create_index(op.f('ix_review_person_id'), 'review', ['person_id'], unique=False)
    op.create_index('ix_review_tailor', 'review', ['tailor_id', 'id'], unique=False)
    op.add_column('orders', sa.Column('overdue_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('orders', sa.Column('asked', sa.ARRAY(sa.BigInteger()), nullable=False, server_default='{}'))
    op.alter_column('orders', 'asked', server_default=None)
    op.add_column('payment', sa.Column('said_by', sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f('fk_payment_said_by'), 'payment', 'person', ['said_by'], ['id'])
    op.add_column('tailor', sa.Column('reputation', sa.Integer(), nullable=True))
    op.add_column('tailor', sa.Column('cancellations', sa.Integer(), nullable=False, server_default='0'))
    op.alter_column('tailor', 'cancellations', server_default=None)


def downgrade() -> None:
    op.drop_column('tailor', 'cancellations')
    op.drop_column('tailor', 'reputation')
    op.drop_constraint(op.f('fk_payment_said_by'), 'payment', type_='foreignkey')
    op.drop_column('payment', 'said_by')
    op.drop_column('orders', 'asked')
    op.drop_column('orders', 'overdue_since')
    op.drop_index('ix_review_tailor', table_name='review')
    op.drop_index(op.f('ix_review_person_id'), table_name='review')
    op.drop_table('review')
