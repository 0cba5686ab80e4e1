"""What every domain stands on: database, unit of work, revisions, jobs, outbox, errors, actor, clock."""
