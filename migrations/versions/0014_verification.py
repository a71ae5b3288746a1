"""Tailors looked at before they are shown

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

#: Rows of the desk are marked when somebody at it takes a case.
TAKEN = """CREATE TRIGGER news_of_taking AFTER UPDATE OF taken_by ON dispute FOR EACH ROW WHEN (OLD.taken_by IS DISTINCT FROM NEW.taken_by)
EXECUTE FUNCTION write_news('dispute', 'id', 'D-')"""


def upgrade() -> None:
    op.create_table('application',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('tailor_id', sa.BigInteger(), nullable=False),
    sa.Column('handed_in_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('handed_in_by', sa.Text(), nullable=False),
    sa.Column('ghana_card', sa.Text(), nullable=False),
    sa.Column('card_index', sa.Text(), nullable=False),
    sa.Column('card_until', sa.Date(), nullable=True),
    sa.Column('card_image', sa.LargeBinary(), nullable=False),
    sa.Column('business_type', sa.Text(), nullable=False),
    sa.Column('registration', sa.Text(), nullable=True),
    sa.Column('location', sa.Text(), nullable=True),
    sa.Column('radius_km', sa.Integer(), nullable=True),
    sa.Column('years', sa.Integer(), nullable=False),
    sa.Column('photos', sa.ARRAY(sa.BigInteger()), nullable=False),
    sa.Column('look_again_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['tailor_id'], ['tailor.id'], name=op.f('fk_application_tailor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_application')),
    sa.UniqueConstraint('card_index', name=op.f('uq_application_card_index')),
    sa.UniqueConstraint('tailor_id', name=op.f('uq_application_tailor_id'))
    )
    op.create_table('referee',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('tailor_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['tailor_id'], ['tailor.id'], name=op.f('fk_referee_tailor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referee'))
    )
    op.create_index(op.f('ix_referee_tailor_id'), 'referee', ['tailor_id'], unique=False)
    op.create_table('tailor_step',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('tailor_id', sa.BigInteger(), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('about', sa.Text(), nullable=True),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('by', sa.Text(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['tailor_id'], ['tailor.id'], name=op.f('fk_tailor_step_tailor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tailor_step'))
    )
    op.create_index('ix_tailor_step_tailor', 'tailor_step', ['tailor_id', 'id'], unique=False)
    op.create_index('ix_tailor_waiting', 'tailor', ['id'], unique=False, postgresql_where=sa.text("state IN ('PENDING', 'UNDER_REVIEW')"))
    op.add_column('dispute', sa.Column('taken_by', sa.Text(), nullable=True))
    op.execute(TAKEN)


def downgrade() -> None:
    op.execute("DROP TRIGGER news_of_taking ON dispute")
    op.drop_column('dispute', 'taken_by')
    op.drop_index('ix_tailor_waiting', table_name='tailor')
    op.drop_index('ix_tailor_step_tailor', table_name='tailor_step')
    op.drop_table('tailor_step')
    op.drop_index(op.f('ix_referee_tailor_id'), table_name='referee')
    op.drop_table('referee')
    op.drop_table('application')
