"""All tables: importing this has imported every model."""

import app.announcements.models
import app.audit.models
import app.auth.models
import app.conversations.models
import app.defaults.models
import app.generations.models
import app.library.models
import app.limits.models
import app.request_log.models
import app.sharing.models  # noqa: F401
from app.db import Base

# Alembic keeps the revision there.
REVISION = "alembic_version"
METADATA = Base.metadata
NAMES = (REVISION, *(table.name for table in METADATA.sorted_tables))
