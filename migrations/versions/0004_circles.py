"""Circles: family and group orders, and their votes

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('circle',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('coordinator_id', sa.BigInteger(), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('event_on', sa.Date(), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('payer', sa.Text(), nullable=False),
    sa.Column('fabric', sa.Text(), nullable=False),
    sa.Column('delivery', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('said_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['coordinator_id'], ['person.id'], name=op.f('fk_circle_coordinator_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_circle')),
    sa.UniqueConstraint('code', name=op.f('uq_circle_code'))
    )
    op.create_index(op.f('ix_circle_coordinator_id'), 'circle', ['coordinator_id'], unique=False)
    op.create_table('vote',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('circle_id', sa.BigInteger(), nullable=False),
    sa.Column('options', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['circle_id'], ['circle.id'], name=op.f('fk_vote_circle_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vote'))
    )
    op.create_index(op.f('ix_vote_circle_id'), 'vote', ['circle_id'], unique=False)
    op.create_index('uq_vote_open', 'vote', ['circle_id'], unique=True, postgresql_where=sa.text('closed_at IS NULL'))
    op.create_table('ballot',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('vote_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('choice', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ballot_person_id')),
    sa.ForeignKeyConstraint(['vote_id'], ['vote.id'], name=op.f('fk_ballot_vote_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ballot')),
    sa.UniqueConstraint('vote_id', 'person_id', name=op.f('uq_ballot_vote_id_person_id'))
    )
    op.create_table('circle_tailor',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('circle_id', sa.BigInteger(), nullable=False),
    sa.Column('tailor_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['circle_id'], ['circle.id'], name=op.f('fk_circle_tailor_circle_id')),
    sa.ForeignKeyConstraint(['tailor_id'], ['tailor.id'], name=op.f('fk_circle_tailor_tailor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_circle_tailor')),
    sa.UniqueConstraint('circle_id', 'tailor_id', name=op.f('uq_circle_tailor_circle_id_tailor_id'))
    )
    op.create_table('circle_item',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('circle_id', sa.BigInteger(), nullable=False),
    sa.Column('keeper_id', sa.BigInteger(), nullable=False),
    sa.Column('own', sa.Boolean(), nullable=False),
    sa.Column('profile_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('offer_id', sa.BigInteger(), nullable=True),
    sa.Column('payer_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['circle_id'], ['circle.id'], name=op.f('fk_circle_item_circle_id')),
    sa.ForeignKeyConstraint(['keeper_id'], ['person.id'], name=op.f('fk_circle_item_keeper_id')),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], name=op.f('fk_circle_item_offer_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_circle_item_order_id')),
    sa.ForeignKeyConstraint(['payer_id'], ['person.id'], name=op.f('fk_circle_item_payer_id')),
    sa.ForeignKeyConstraint(['profile_id'], ['profile.id'], name=op.f('fk_circle_item_profile_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_circle_item'))
    )
    op.create_index('ix_circle_item_circle', 'circle_item', ['circle_id', 'id'], unique=False)
    op.create_index(op.f('ix_circle_item_keeper_id'), 'circle_item', ['keeper_id'], unique=False)
    op.create_index(op.f('ix_circle_item_order_id'), 'circle_item', ['order_id'], unique=False)
    op.create_index('uq_circle_item_own', 'circle_item', ['circle_id', 'keeper_id'], unique=True, postgresql_where=sa.text("own AND state IN ('joined', 'agreed', 'ordered')"))
    op.add_column('orders', sa.Column('circle_id', sa.BigInteger(), nullable=True))
    op.create_index(op.f('ix_orders_circle_id'), 'orders', ['circle_id'], unique=False)
    op.create_foreign_key(op.f('fk_orders_circle_id'), 'orders', 'circle', ['circle_id'], ['id'])


def downgrade() -> None:
    op.drop_constraint(op.f('fk_orders_circle_id'), 'orders', type_='foreignkey')
    op.drop_index(op.f('ix_orders_circle_id'), table_name='orders')
    op.drop_column('orders', 'circle_id')
    op.drop_index('uq_circle_item_own', table_name='circle_item', postgresql_where=sa.text("own AND state IN ('joined', 'agreed', 'ordered')"))
    op.drop_index(op.f('ix_circle_item_order_id'), table_name='circle_item')
    op.drop_index(op.f('ix_circle_item_keeper_id'), table_name='circle_item')
    op.drop_index('ix_circle_item_circle', table_name='circle_item')
    op.drop_table('circle_item')
    op.drop_table('circle_tailor')
    op.drop_table('ballot')
    op.drop_index('uq_vote_open', table_name='vote', postgresql_where=sa.text('closed_at IS NULL'))
    op.drop_index(op.f('ix_vote_circle_id'), table_name='vote')
    op.drop_table('vote')
    op.drop_index(op.f('ix_circle_coordinator_id'), table_name='circle')
    op.drop_table('circle')
