"""Everything an order needs

Revision ID: 0001
Revises: 
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

# The database itself keeps the books right, whoever writes to it.
GUARDS = """
CREATE FUNCTION entry_moves_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account SET balance = balance + NEW.amount WHERE id = NEW.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER entry_moves_balance AFTER INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_moves_balance();

CREATE FUNCTION journal_must_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ident bigint; total numeric; lines int; currencies int;
BEGIN
    ident := CASE TG_TABLE_NAME WHEN 'journal' THEN (to_jsonb(NEW)->>'id')::bigint ELSE (to_jsonb(NEW)->>'journal_id')::bigint END;
    SELECT coalesce(sum(amount), 0), count(*), count(DISTINCT currency) INTO total, lines, currencies FROM entry WHERE journal_id = ident;
    IF total <> 0 OR lines < 2 OR currencies <> 1 THEN
        RAISE EXCEPTION 'journal % does not balance: sum %, % lines, % currencies', ident, total, lines, currencies USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_must_balance AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_must_balance();
CREATE CONSTRAINT TRIGGER entry_must_balance AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_must_balance();

CREATE FUNCTION account_must_not_be_overdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM account WHERE id = NEW.id AND floored AND balance > 0;
    IF FOUND THEN
        RAISE EXCEPTION 'account % is overdrawn', NEW.code USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER account_must_not_be_overdrawn AFTER INSERT OR UPDATE ON account DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION account_must_not_be_overdrawn();

CREATE FUNCTION books_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: correct it with a new journal', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION books_are_append_only();
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION books_are_append_only();
CREATE TRIGGER account_stays BEFORE DELETE OR TRUNCATE ON account FOR EACH STATEMENT EXECUTE FUNCTION books_are_append_only();

CREATE FUNCTION account_changes_only_by_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'account % changes only by entries', NEW.code USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER account_changes_only_by_entries BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION account_changes_only_by_entries();
"""
NO_GUARDS = """
DROP TRIGGER account_changes_only_by_entries ON account; DROP TRIGGER account_stays ON account;
DROP TRIGGER journal_append_only ON journal; DROP TRIGGER entry_append_only ON entry;
DROP TRIGGER account_must_not_be_overdrawn ON account; DROP TRIGGER entry_must_balance ON entry;
DROP TRIGGER journal_must_balance ON journal; DROP TRIGGER entry_moves_balance ON entry;
DROP FUNCTION account_changes_only_by_entries(); DROP FUNCTION books_are_append_only(); DROP FUNCTION account_must_not_be_overdrawn();
DROP FUNCTION journal_must_balance(); DROP FUNCTION entry_moves_balance();
"""


def upgrade() -> None:
    op.create_table('account',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('floored', sa.Boolean(), nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('code', name=op.f('uq_account_code'))
    )
    op.create_table('content',
    sa.Column('shape', sa.Text(), nullable=False),
    sa.Column('provider_id', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('shape', name=op.f('pk_content'))
    )
    op.create_table('garment',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('base', sa.BigInteger(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('yards10', sa.Integer(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_garment'))
    )
    op.create_table('person',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('wallet', sa.Text(), nullable=True),
    sa.Column('network', sa.Text(), nullable=True),
    sa.Column('consented_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person'))
    )
    op.create_table('address',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('value_index', sa.Text(), nullable=False),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_address_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address')),
    sa.UniqueConstraint('channel', 'value_index', name=op.f('uq_address_channel_value_index'))
    )
    op.create_index(op.f('ix_address_person_id'), 'address', ['person_id'], unique=False)
    op.create_table('conversation',
    sa.Column('person_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('stack', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('misses', sa.Integer(), nullable=False),
    sa.Column('heard_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_conversation_person_id')),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_conversation'))
    )
    op.create_table('inbox',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('provider_id', sa.Text(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('body', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox')),
    sa.UniqueConstraint('channel', 'provider_id', name=op.f('uq_inbox_channel_provider_id'))
    )
    op.create_index('ix_inbox_person', 'inbox', ['person_id', 'id'], unique=False)
    op.create_index('ix_inbox_waiting', 'inbox', ['due_at'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_table('outbox',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('body', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), server_default='waiting', nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), server_default='0', nullable=False),
    sa.Column('provider_id', sa.Text(), nullable=True),
    sa.Column('receipt', sa.Integer(), server_default='0', nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column("sequel", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox'))
    )
    op.create_index('ix_outbox_due', 'outbox', ['due_at'], unique=False, postgresql_where=sa.text("state IN ('waiting', 'sending', 'unknown')"))
    op.create_index('ix_outbox_unreceipted', 'outbox', ['due_at'], unique=False, postgresql_where=sa.text("sequel IS NOT NULL AND state = 'sent' AND receipt < 4"))
    op.create_index('ix_outbox_leaving', 'outbox', ['person_id', 'id'], unique=False, postgresql_where=sa.text("state IN ('waiting', 'sending', 'unknown')"))
    op.create_index('ix_outbox_provider_id', 'outbox', ['provider_id'], unique=False, postgresql_where=sa.text('provider_id IS NOT NULL'))
    op.create_table('picture',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('channel', sa.Text(), nullable=True),
    sa.Column('source_url', sa.Text(), nullable=True),
    sa.Column('source_type', sa.Text(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('content_type', sa.Text(), nullable=True),
    sa.Column("sequel", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_picture_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_picture'))
    )
    op.create_index('ix_picture_wanted', 'picture', ['due_at'], unique=False, postgresql_where=sa.text("state = 'wanted'"))
    op.create_table('plea',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_plea_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plea'))
    )
    op.create_index(op.f('ix_plea_person_id'), 'plea', ['person_id'], unique=False)
    op.create_table('profile',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('nickname', sa.Text(), nullable=False),
    sa.Column('relation', sa.Text(), nullable=False),
    sa.Column('birth_year', sa.Integer(), nullable=True),
    sa.Column('sex', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_profile_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_profile'))
    )
    op.create_index(op.f('ix_profile_owner_id'), 'profile', ['owner_id'], unique=False)
    op.create_table('timer',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('rung_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_timer_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_timer')),
    sa.UniqueConstraint('key', name=op.f('uq_timer_key'))
    )
    op.create_index('ix_timer_due', 'timer', ['due_at'], unique=False, postgresql_where=sa.text('rung_at IS NULL'))
    op.create_table('measurement',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('profile_id', sa.BigInteger(), nullable=False),
    sa.Column('field', sa.Text(), nullable=False),
    sa.Column('mm', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('said_by', sa.BigInteger(), nullable=False),
    sa.Column('inbox_id', sa.BigInteger(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('current', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['inbox_id'], ['inbox.id'], name=op.f('fk_measurement_inbox_id')),
    sa.ForeignKeyConstraint(['profile_id'], ['profile.id'], name=op.f('fk_measurement_profile_id')),
    sa.ForeignKeyConstraint(['said_by'], ['person.id'], name=op.f('fk_measurement_said_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_measurement'))
    )
    op.create_index('uq_measurement_current', 'measurement', ['profile_id', 'field'], unique=True, postgresql_where=sa.text('current'))
    op.create_table('tailor',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('business', sa.Text(), nullable=False),
    sa.Column('town', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('rating100', sa.Integer(), nullable=False),
    sa.Column('jobs', sa.Integer(), nullable=False),
    sa.Column('identity_verified', sa.Boolean(), nullable=False),
    sa.Column('background_checked', sa.Boolean(), nullable=False),
    sa.Column('answer_minutes', sa.Integer(), nullable=False),
    sa.Column('commission_bp', sa.Integer(), nullable=False),
    sa.Column('per_month', sa.Integer(), nullable=False),
    sa.Column('per_day', sa.Integer(), nullable=False),
    sa.Column('express', sa.Boolean(), nullable=False),
    sa.Column('busy', sa.Boolean(), nullable=False),
    sa.Column('picture_id', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_tailor_person_id')),
    sa.ForeignKeyConstraint(['picture_id'], ['picture.id'], name=op.f('fk_tailor_picture_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tailor')),
    sa.UniqueConstraint('person_id', name=op.f('uq_tailor_person_id'))
    )
    op.create_table('offer',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('tailor_id', sa.BigInteger(), nullable=False),
    sa.Column('garment', sa.Text(), nullable=False),
    sa.Column('price', sa.BigInteger(), nullable=False),
    sa.Column('town', sa.Text(), nullable=False),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('rating100', sa.Integer(), nullable=False),
    sa.Column('open', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['garment'], ['garment.name'], name=op.f('fk_offer_garment')),
    sa.ForeignKeyConstraint(['tailor_id'], ['tailor.id'], name=op.f('fk_offer_tailor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offer')),
    sa.UniqueConstraint('tailor_id', 'garment', name=op.f('uq_offer_tailor_id_garment'))
    )
    op.create_index('ix_offer_price', 'offer', ['garment', 'open', 'price', 'id'], unique=False)
    op.create_index('ix_offer_rating100', 'offer', ['garment', 'open', 'rating100', 'id'], unique=False)
    op.create_index('ix_offer_score', 'offer', ['garment', 'open', 'score', 'id'], unique=False)
    op.create_index('ix_offer_town_price', 'offer', ['garment', 'open', 'town', 'price', 'id'], unique=False)
    op.create_index('ix_offer_town_rating100', 'offer', ['garment', 'open', 'town', 'rating100', 'id'], unique=False)
    op.create_index('ix_offer_town_score', 'offer', ['garment', 'open', 'town', 'score', 'id'], unique=False)
    op.create_table('orders',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.BigInteger(), nullable=False),
    sa.Column('tailor_id', sa.BigInteger(), nullable=False),
    sa.Column('garment', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('work', sa.BigInteger(), nullable=False),
    sa.Column('fabric_cost', sa.BigInteger(), nullable=False),
    sa.Column('express_cost', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('commission_bp', sa.Integer(), nullable=False),
    sa.Column('fabric', sa.Text(), nullable=False),
    sa.Column('style', sa.Text(), nullable=False),
    sa.Column('style_picture_id', sa.BigInteger(), nullable=True),
    sa.Column('promised_on', sa.Date(), nullable=False),
    sa.Column('measures', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('handover_code', sa.Text(), nullable=True),
    sa.Column('code_tries', sa.Integer(), nullable=False),
    sa.Column('declined_because', sa.Text(), nullable=True),
    sa.Column('hold_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('placed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state_since', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['person.id'], name=op.f('fk_orders_customer_id')),
    sa.ForeignKeyConstraint(['garment'], ['garment.name'], name=op.f('fk_orders_garment')),
    sa.ForeignKeyConstraint(['style_picture_id'], ['picture.id'], name=op.f('fk_orders_style_picture_id')),
    sa.ForeignKeyConstraint(['tailor_id'], ['tailor.id'], name=op.f('fk_orders_tailor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders')),
    sa.UniqueConstraint('number', name=op.f('uq_orders_number'))
    )
    op.create_index('ix_orders_customer', 'orders', ['customer_id', 'id'], unique=False)
    op.create_index('ix_orders_tailor', 'orders', ['tailor_id', 'promised_on'], unique=False)
    op.create_table('journal',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('posted_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_journal_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal')),
    sa.UniqueConstraint('key', name=op.f('uq_journal_key'))
    )
    op.create_index(op.f('ix_journal_order_id'), 'journal', ['order_id'], unique=False)
    op.create_table('milestone',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('step', sa.Text(), nullable=False),
    sa.Column('picture_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('verdict', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_milestone_order_id')),
    sa.ForeignKeyConstraint(['picture_id'], ['picture.id'], name=op.f('fk_milestone_picture_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_milestone')),
    sa.UniqueConstraint('picture_id', name=op.f('uq_milestone_picture_id'))
    )
    op.create_index(op.f('ix_milestone_order_id'), 'milestone', ['order_id'], unique=False)
    op.create_table('order_step',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('origin', sa.Text(), nullable=True),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_step_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_step'))
    )
    op.create_index(op.f('ix_order_step_order_id'), 'order_step', ['order_id'], unique=False)
    op.create_table('payment',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('network', sa.Text(), nullable=False),
    sa.Column('msisdn', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('provider_id', sa.Text(), nullable=True),
    sa.Column('booked', sa.Text(), nullable=True),
    sa.Column('refusals', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('callback_key', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('polls', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_payment_order_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_payment_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment')),
    sa.UniqueConstraint('reference', name=op.f('uq_payment_reference'))
    )
    op.create_index('ix_payment_due', 'payment', ['next_at'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL'))
    op.create_index('ix_payment_order', 'payment', ['order_id', 'stage'], unique=False)
    op.create_index('uq_payment_open', 'payment', ['order_id', 'stage'], unique=True, postgresql_where=sa.text("state IN ('created', 'submitting', 'unknown', 'pending', 'not_accepted')"))
    op.create_index('uq_payment_provider_id', 'payment', ['provider', 'provider_id'], unique=True, postgresql_where=sa.text('provider_id IS NOT NULL'))
    op.create_table('entry',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('journal_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.CheckConstraint('amount <> 0 AND abs(amount) <= 10000000000000', name=op.f('ck_entry_amount')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_entry_account_id')),
    sa.ForeignKeyConstraint(['journal_id'], ['journal.id'], name=op.f('fk_entry_journal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_entry'))
    )
    op.create_index(op.f('ix_entry_account_id'), 'entry', ['account_id'], unique=False)
    op.create_index(op.f('ix_entry_journal_id'), 'entry', ['journal_id'], unique=False)
    op.create_table('refund',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('payment_id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_refund_order_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_refund_payment_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_refund_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund')),
    sa.UniqueConstraint('key', name=op.f('uq_refund_key'))
    )
    op.create_index(op.f('ix_refund_order_id'), 'refund', ['order_id'], unique=False)
    op.execute(GUARDS)


def downgrade() -> None:
    op.execute(NO_GUARDS)
    op.drop_index(op.f('ix_refund_order_id'), table_name='refund')
    op.drop_table('refund')
    op.drop_index(op.f('ix_entry_journal_id'), table_name='entry')
    op.drop_index(op.f('ix_entry_account_id'), table_name='entry')
    op.drop_table('entry')
    op.drop_index('uq_payment_provider_id', table_name='payment', postgresql_where=sa.text('provider_id IS NOT NULL'))
    op.drop_index('uq_payment_open', table_name='payment', postgresql_where=sa.text("state IN ('created', 'submitting', 'unknown', 'pending', 'not_accepted')"))
    op.drop_index('ix_payment_order', table_name='payment')
    op.drop_index('ix_payment_due', table_name='payment', postgresql_where=sa.text('next_at IS NOT NULL'))
    op.drop_table('payment')
    op.drop_index(op.f('ix_order_step_order_id'), table_name='order_step')
    op.drop_table('order_step')
    op.drop_index(op.f('ix_milestone_order_id'), table_name='milestone')
    op.drop_table('milestone')
    op.drop_index(op.f('ix_journal_order_id'), table_name='journal')
    op.drop_table('journal')
    op.drop_index('ix_orders_tailor', table_name='orders')
    op.drop_index('ix_orders_customer', table_name='orders')
    op.drop_table('orders')
    op.drop_index('ix_offer_town_score', table_name='offer')
    op.drop_index('ix_offer_town_rating100', table_name='offer')
    op.drop_index('ix_offer_town_price', table_name='offer')
    op.drop_index('ix_offer_score', table_name='offer')
    op.drop_index('ix_offer_rating100', table_name='offer')
    op.drop_index('ix_offer_price', table_name='offer')
    op.drop_table('offer')
    op.drop_table('tailor')
    op.drop_index('uq_measurement_current', table_name='measurement', postgresql_where=sa.text('current'))
    op.drop_table('measurement')
    op.drop_index('ix_timer_due', table_name='timer', postgresql_where=sa.text('rung_at IS NULL'))
    op.drop_table('timer')
    op.drop_index(op.f('ix_profile_owner_id'), table_name='profile')
    op.drop_table('profile')
    op.drop_index(op.f('ix_plea_person_id'), table_name='plea')
    op.drop_table('plea')
    op.drop_index('ix_picture_wanted', table_name='picture', postgresql_where=sa.text("state = 'wanted'"))
    op.drop_table('picture')
    op.drop_index('ix_outbox_provider_id', table_name='outbox', postgresql_where=sa.text('provider_id IS NOT NULL'))
    op.drop_index('ix_outbox_leaving', table_name='outbox', postgresql_where=sa.text("state IN ('waiting', 'sending', 'unknown')"))
    op.drop_index('ix_outbox_unreceipted', table_name='outbox', postgresql_where=sa.text("sequel IS NOT NULL AND state = 'sent' AND receipt < 4"))
    op.drop_index('ix_outbox_due', table_name='outbox', postgresql_where=sa.text("state IN ('waiting', 'sending', 'unknown')"))
    op.drop_table('outbox')
    op.drop_index('ix_inbox_waiting', table_name='inbox', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index('ix_inbox_person', table_name='inbox')
    op.drop_table('inbox')
    op.drop_table('conversation')
    op.drop_index(op.f('ix_address_person_id'), table_name='address')
    op.drop_table('address')
    op.drop_table('person')
    op.drop_table('garment')
    op.drop_table('content')
    op.drop_table('account')
