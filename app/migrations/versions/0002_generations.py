"""generations

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "generations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("instance", sa.String(36), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("idempotency_key", sa.String(255), nullable=True),
        sa.Column("body_hash", sa.String(64), nullable=True),
        sa.Column("events", sa.LargeBinary(), nullable=True),
        sa.Column("token_ids", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], "fk_generations_user_id_users", ondelete="cascade"),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            "fk_generations_conversation_id_conversations",
            ondelete="cascade",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], "fk_generations_message_id_messages", ondelete="cascade"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_generations"),
        sa.UniqueConstraint("user_id", "idempotency_key", name="uq_generations_user_key"),
    )
    for column in ("conversation_id", "message_id", "instance", "ended_at"):
        op.create_index(f"ix_generations_{column}", "generations", [column])


def downgrade() -> None:
    """To the revision before."""
    op.drop_table("generations")
