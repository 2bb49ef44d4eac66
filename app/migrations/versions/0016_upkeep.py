"""What a user has rated, and what generations are still to forget, is found without reading all of it

Revision: 0016, after 0015
"""

import sqlalchemy as sa

from app.online_index import create_index, drop_index

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEPT = sa.or_(sa.column("events").is_not(None), sa.column("idempotency_key").is_not(None))


def upgrade() -> None:
    """To this revision."""
    create_index("ix_feedback_user_id", "feedback", ["user_id"])
    create_index("ix_generations_kept", "generations", ["ended_at"], sqlite_where=KEPT, postgresql_where=KEPT)


def downgrade() -> None:
    """To the revision before."""
    drop_index("ix_generations_kept", "generations")
    drop_index("ix_feedback_user_id", "feedback")
