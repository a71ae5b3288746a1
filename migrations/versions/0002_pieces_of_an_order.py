"""Pieces of an order: an order becomes one payer's lot

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

# What was ordered so far is one piece each, of the customer's own body.
FILL = """
INSERT INTO piece (order_id, place, profile_id, who, garment, work, discount, fabric_cost, express_cost, measures, delivered_at)
SELECT o.id, 1, (SELECT p.id FROM profile p WHERE p.owner_id = o.customer_id AND p.relation = 'self' ORDER BY p.id LIMIT 1), NULL, o.garment,
    o.work, 0, o.fabric_cost, o.express_cost, o.measures,
    (SELECT min(s.at) FROM order_step s WHERE s.order_id = o.id AND s.event = 'handed_over')
FROM orders o
"""


def upgrade() -> None:
    op.create_table('piece',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('profile_id', sa.BigInteger(), nullable=True),
    sa.Column('who', sa.Text(), nullable=True),
    sa.Column('garment', sa.Text(), nullable=False),
    sa.Column('work', sa.BigInteger(), nullable=False),
    sa.Column('discount', sa.BigInteger(), nullable=False),
    sa.Column('fabric_cost', sa.BigInteger(), nullable=False),
    sa.Column('express_cost', sa.BigInteger(), nullable=False),
    sa.Column('measures', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('discount BETWEEN 0 AND work AND fabric_cost >= 0 AND express_cost >= 0', name=op.f('ck_piece_money')),
    sa.ForeignKeyConstraint(['garment'], ['garment.name'], name=op.f('fk_piece_garment')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_piece_order_id')),
    sa.ForeignKeyConstraint(['profile_id'], ['profile.id'], name=op.f('fk_piece_profile_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_piece')),
    sa.UniqueConstraint('order_id', 'place', name=op.f('uq_piece_order_id_place'))
    )
    op.create_index(op.f('ix_piece_profile_id'), 'piece', ['profile_id'], unique=False)
    op.execute(FILL)
    op.add_column('orders', sa.Column('pieces', sa.Integer(), server_default='1', nullable=False))
    op.add_column('orders', sa.Column('discount', sa.BigInteger(), server_default='0', nullable=False))
    op.alter_column('orders', 'pieces', server_default=None)
    op.alter_column('orders', 'discount', server_default=None)
    op.create_check_constraint(op.f('ck_orders_money'), 'orders', 'total = work + fabric_cost + express_cost - discount AND pieces > 0')
    op.drop_column('orders', 'measures')


def downgrade() -> None:
    """An order of several pieces keeps the measurements of the first."""
    op.add_column('orders', sa.Column('measures', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    op.execute("UPDATE orders o SET measures = p.measures FROM piece p WHERE p.order_id = o.id AND p.place = 1")
    op.alter_column('orders', 'measures', server_default=None)
    op.drop_constraint(op.f('ck_orders_money'), 'orders', type_='check')
    op.drop_column('orders', 'discount')
    op.drop_column('orders', 'pieces')
    op.drop_index(op.f('ix_piece_profile_id'), table_name='piece')
    op.drop_table('piece')
