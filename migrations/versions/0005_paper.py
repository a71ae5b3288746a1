"""Papers: receipts, invoices, credit notes and statements, counted without a gap

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

GUARDS = """
CREATE FUNCTION papers_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is final: correct it with another paper', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER document_final BEFORE UPDATE OR DELETE OR TRUNCATE ON document FOR EACH STATEMENT EXECUTE FUNCTION papers_are_final();
CREATE TRIGGER series_stays BEFORE DELETE OR TRUNCATE ON series FOR EACH STATEMENT EXECUTE FUNCTION papers_are_final();

CREATE FUNCTION series_counts_by_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last <> OLD.last + 1 OR NEW.name <> OLD.name THEN
        RAISE EXCEPTION 'series % counts by one', OLD.name USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER series_counts_by_one BEFORE UPDATE ON series FOR EACH ROW EXECUTE FUNCTION series_counts_by_one();
"""
NO_GUARDS = """
DROP TRIGGER series_counts_by_one ON series; DROP TRIGGER series_stays ON series; DROP TRIGGER document_final ON document;
DROP FUNCTION series_counts_by_one(); DROP FUNCTION papers_are_final();
"""


def upgrade() -> None:
    op.create_table('series',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.CheckConstraint('last >= 0', name=op.f('ck_series_last')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_series')),
    sa.UniqueConstraint('name', name=op.f('uq_series_name'))
    )
    op.create_table('document',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('once', sa.Text(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('payment_id', sa.BigInteger(), nullable=True),
    sa.Column('period_from', sa.Date(), nullable=True),
    sa.Column('period_to', sa.Date(), nullable=True),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('receipt', 'refund_receipt', 'invoice', 'credit_note', 'statement')", name=op.f('ck_document_kind')),
    sa.CheckConstraint('(period_from IS NULL) = (period_to IS NULL) AND period_from <= period_to', name=op.f('ck_document_period')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_document_order_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_document_payment_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_document_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document')),
    sa.UniqueConstraint('number', name=op.f('uq_document_number')),
    sa.UniqueConstraint('once', name=op.f('uq_document_once'))
    )
    op.create_index('ix_document_person', 'document', ['person_id', 'kind', 'id'], unique=False)
    op.create_index(op.f('ix_document_order_id'), 'document', ['order_id'], unique=False)
    op.create_index(op.f('ix_document_payment_id'), 'document', ['payment_id'], unique=False)
    op.execute(GUARDS)


def downgrade() -> None:
    op.execute(NO_GUARDS)
    op.drop_index(op.f('ix_document_payment_id'), table_name='document')
    op.drop_index(op.f('ix_document_order_id'), table_name='document')
    op.drop_index('ix_document_person', table_name='document')
    op.drop_table('document')
    op.drop_table('series')
