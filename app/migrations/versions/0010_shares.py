"""Links to conversations

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "shares",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("leaf_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], "fk_shares_conversation_id_conversations", ondelete="cascade"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], "fk_shares_user_id_users", ondelete="cascade"),
        sa.ForeignKeyConstraint(["leaf_id"], ["messages.id"], "fk_shares_leaf_id_messages", ondelete="cascade"),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_shares"),
        sa.UniqueConstraint("token", name="uq_shares_token"),
    )
    op.create_index("ix_shares_user_id", "shares", ["user_id"])
    op.create_index("ix_shares_leaf_id", "shares", ["leaf_id"])


def downgrade() -> None:
    """To the revision before."""
    op.drop_table("shares")
