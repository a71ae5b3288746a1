"""What people at the desk see change

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

#: Its arguments: the topic, the column that names the subject, and what stands before it. An order is named by its number.
WRITE_NEWS = """
CREATE FUNCTION write_news() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject text := to_jsonb(NEW) ->> TG_ARGV[1];
BEGIN
    IF TG_ARGV[1] = 'order_id' THEN
        SELECT number INTO subject FROM orders WHERE id = subject::bigint;
    END IF;
    INSERT INTO news (at, topic, subject) VALUES (now(), TG_ARGV[0], coalesce(TG_ARGV[2], '') || subject);
    RETURN NULL;
END $$;
"""
STATE = "OLD.state IS DISTINCT FROM NEW.state"
#: (table, what happens, when it is news, topic, the column of the subject and what stands before it)
TRIGGERS = (
    ("orders", "INSERT", "true", ("order", "number")),
    ("orders", "UPDATE OF state", STATE, ("order", "number")),
    ("payment", "UPDATE OF state", STATE, ("payment", "order_id")),
    ("disbursement", "INSERT", "true", ("payout", "reference")),
    ("disbursement", "UPDATE OF state", STATE, ("payout", "reference")),
    ("refund", "INSERT", "true", ("refund", "order_id")),
    ("refund", "UPDATE OF state", STATE, ("refund", "order_id")),
    ("dispute", "INSERT", "true", ("dispute", "id", "D-")),
    ("dispute", "UPDATE OF state", STATE, ("dispute", "id", "D-")),
    ("dispute_word", "INSERT", "true", ("dispute", "dispute_id", "D-")),
    ("money_case", "INSERT", "true", ("case", "id")),
    ("money_case", "UPDATE OF state", STATE, ("case", "id")),
    ("plea", "INSERT", "true", ("plea", "person_id")),
    ("plea", "UPDATE", "true", ("plea", "person_id")),
    ("outbox", "UPDATE OF state, receipt", f"NEW.state IN ('dead', 'held') AND {STATE} OR NEW.receipt = 4 AND OLD.receipt < 4", ("failed", "person_id")),
    ("inbox", "UPDATE OF state", f"NEW.state = 'failed' AND {STATE}", ("failed", "person_id")),
)


def upgrade() -> None:
    op.create_table('news',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('xid', sa.BigInteger(), server_default=sa.text('pg_current_xact_id()::text::bigint'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('topic', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_news'))
    )
    op.create_index('ix_news_order', 'news', ['xid', 'id'], unique=False)
    op.execute(WRITE_NEWS)
    for table, happens, when, said in TRIGGERS:
        arguments = ", ".join(f"'{word}'" for word in said)
        op.execute(f"CREATE TRIGGER {_name(happens)} AFTER {happens} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION write_news({arguments})")


def downgrade() -> None:
    for table, happens, _, _ in TRIGGERS:
        op.execute(f"DROP TRIGGER {_name(happens)} ON {table}")
    op.execute("DROP FUNCTION write_news()")
    op.drop_table('news')


def _name(happens: str) -> str:
    """The triggers of a table by what happens to it."""
    return "news_of_" + happens.split()[0].lower()
