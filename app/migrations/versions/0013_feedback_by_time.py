"""Ratings are read newest first

Revision: 0013, after 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INDEX = "ix_feedback_created_at"


def upgrade() -> None:
    """To this revision."""
    op.create_index(INDEX, "feedback", ["created_at", "message_id"])


def downgrade() -> None:
    """To the revision before."""
    op.drop_index(INDEX, "feedback")
