"""Limits of users, roles and keys

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "limits",
        sa.Column("subject", sa.String(48), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("requests", sa.String(32), nullable=True),
        sa.Column("tokens_per_minute", sa.BigInteger(), nullable=True),
        sa.Column("tokens_per_day", sa.BigInteger(), nullable=True),
        sa.Column("concurrent", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], "fk_limits_user_id_users", ondelete="cascade"),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], "fk_limits_key_id_api_keys", ondelete="cascade"),
        sa.PrimaryKeyConstraint("subject", name="pk_limits"),
    )


def downgrade() -> None:
    """To the revision before."""
    op.drop_table("limits")
