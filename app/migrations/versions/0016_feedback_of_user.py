"""What a user has rated is found without reading all ratings, when the account is deleted

Revision: 0016, after 0015
"""

from app.online_index import create_index, drop_index

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    create_index("ix_feedback_user_id", "feedback", ["user_id"])


def downgrade() -> None:
    """To the revision before."""
    drop_index("ix_feedback_user_id", "feedback")
