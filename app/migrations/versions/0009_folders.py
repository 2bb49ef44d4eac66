"""Folders, and conversations whose deletion can be undone

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES: dict[str, tuple[list[str | sa.TextClause], sa.ColumnElement[bool]]] = {
    "ix_conversations_folder_id": (["folder_id"], sa.column("folder_id").is_not(None)),
    "ix_conversations_pinned": (
        ["user_id", sa.text("updated_at DESC"), sa.text("id DESC")],
        sa.column("pinned", sa.Boolean()).is_(True),
    ),
    "ix_conversations_deleted_at": (["deleted_at"], sa.column("deleted_at").is_not(None)),
}


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "folders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], "fk_folders_user_id_users", ondelete="cascade"),
        sa.PrimaryKeyConstraint("id", name="pk_folders"),
    )
    op.create_index("ix_folders_user_id", "folders", ["user_id"])
    # Inline: SQLite adds no constraint to a table that is there, and a copy of it would delete all messages.
    folder = sa.ForeignKey("folders.id", name="fk_conversations_folder_id_folders", ondelete="set null")
    op.add_column("conversations", sa.Column("folder_id", sa.Uuid(), folder, nullable=True), inline_references=True)
    op.add_column("conversations", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    for name, (columns, some) in INDEXES.items():
        op.create_index(name, "conversations", columns, sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    """To the revision before. What was deleted and could have been brought back is gone."""
    op.execute("DELETE FROM conversations WHERE deleted_at IS NOT NULL")
    for name in INDEXES:
        op.drop_index(name, "conversations")
    for column in ("deleted_at", "folder_id"):
        op.drop_column("conversations", column)
    op.drop_table("folders")
