"""The first tables: registrations and what belongs to them, visits, devices, audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")


def upgrade() -> None:
    """Make them."""
    _records("registrations", "request")
    _records("accounts", "semantics_id", "device_id")
    _records("codes")
    _records("wrong_codes", "semantics_id", "address")
    _records("messages")
    _records("facts")
    _records("visits")
    _records("sessions")
    _records("login_links")
    _records("login_tickets")
    _records("register_entries")
    _records("register_service")
    _records("guardianships", "registration")
    _records("devices", "device_id")
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )


def _records(name: str, *indexed: str) -> None:
    op.create_table(
        name,
        sa.Column("number", COUNTED, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        *(sa.Column(column, sa.Text, nullable=False) for column in indexed),
        sa.Column("wake_at", INSTANT),
        sa.Column("stamp", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    for column in (*indexed, "wake_at"):
        op.create_index(f"{name}_{column}", name, [column])
