"""Conversations that are deleted soon

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INDEX = "ix_conversations_temporary"
TEMPORARY = sa.column("temporary", sa.Boolean())


def upgrade() -> None:
    """To this revision."""
    op.add_column("conversations", sa.Column("temporary", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(INDEX, "conversations", ["updated_at"], sqlite_where=TEMPORARY, postgresql_where=TEMPORARY)


def downgrade() -> None:
    """To the revision before. What was temporary is gone."""
    op.execute(sa.delete(sa.table("conversations", TEMPORARY)).where(TEMPORARY))
    op.drop_index(INDEX, "conversations")
    op.drop_column("conversations", "temporary")
