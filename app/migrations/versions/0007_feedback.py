"""What users think of answers

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "feedback",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.String(8), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], "fk_feedback_message_id_messages", ondelete="cascade"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], "fk_feedback_user_id_users", ondelete="cascade"),
        sa.PrimaryKeyConstraint("message_id", "user_id", name="pk_feedback"),
    )


def downgrade() -> None:
    """To the revision before."""
    op.drop_table("feedback")
