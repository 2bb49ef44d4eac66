"""Sessions tell which device they are and when they were used

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    with op.batch_alter_table("sessions") as table:
        table.add_column(sa.Column("device", sa.String(60), nullable=False, server_default=""))
        table.add_column(sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """To the revision before."""
    with op.batch_alter_table("sessions") as table:
        table.drop_column("last_seen_at")
        table.drop_column("device")
