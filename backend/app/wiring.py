"""The one place that says which event wakes which handler, and what each domain brings to the
synchronisation."""

from datetime import datetime

from backend.audience import jobs as audience_jobs
from backend.audit import jobs as audit_jobs
from backend.banking import jobs as banking_jobs
from backend.banking import projection as banking_projection
from backend.customers import commands as customers_commands
from backend.customers import consents as customers_consents
from backend.customers import deciding as customers_deciding
from backend.customers import disputes as customers_disputes
from backend.customers import finding as customers_finding
from backend.customers import jobs as customers_jobs
from backend.customers import leaving as customers_leaving
from backend.customers import members as customers_members
from backend.customers import merging as customers_merging
from backend.customers import moving as customers_moving
from backend.customers import pairs as customers_pairs
from backend.customers import photos as customers_photos
from backend.customers import projection as customers_projection
from backend.customers import retention as customers_retention
from backend.customers import splitting as customers_splitting
from backend.customers import suggestions as customers_suggestions
from backend.customers import uniting as customers_uniting
from backend.evaluation import closing as evaluation_closing
from backend.evaluation import commands as evaluation_commands
from backend.evaluation import jobs as evaluation_jobs
from backend.evaluation import projection as evaluation_projection
from backend.files import jobs as files_jobs
from backend.grids import projection as grids_projection
from backend.identity import projection as identity_projection
from backend.kernel.jobs import AnyHandler, Handler, LongHandler, NextAfter, Periodic, at_local_time, every
from backend.kernel.uow import UnitOfWork
from backend.notify import commands as notify_commands
from backend.notify import jobs as notify_jobs
from backend.notify import projection as notify_projection
from backend.opportunities import commands as opportunities_commands
from backend.opportunities import jobs as opportunities_jobs
from backend.opportunities import projection as opportunities_projection
from backend.policy import api as policy
from backend.policy import projection as policy_projection
from backend.products import projection as products_projection
from backend.strategy import jobs as strategy_jobs
from backend.strategy import projection as strategy_projection
from backend.sync import commands as sync_commands
from backend.sync import jobs as sync_jobs
from backend.sync.registry import Registry
from backend.tasks import commands as tasks_commands
from backend.tasks import jobs as tasks_jobs
from backend.tasks import projection as tasks_projection
from backend.tasks import team as tasks_team
from backend.visits import commands as visits_commands
from backend.visits import jobs as visits_jobs
from backend.visits import projection as visits_projection
from backend.visits import unplaced as visits_unplaced

HANDLERS: tuple[AnyHandler, ...] = (
    *strategy_jobs.HANDLERS,
    Handler("grids.assigned", "customers.grid_assigned", customers_jobs.on_grid_assigned),
    Handler("grids.moved", "customers.grids_moved", customers_jobs.on_grids_moved),
    Handler("grids.covers_turned", "customers.covers_turned", customers_jobs.on_covers_turned),
    Handler("customers.merged", "customers.merged", customers_jobs.on_merged),
    Handler("customers.unmerged", "customers.unmerged", customers_jobs.on_unmerged),
    Handler("customers.merged", "visits.customers_merged", visits_jobs.on_customers_merged),
    Handler("customers.merged", "tasks.customers_merged", tasks_jobs.on_customers_merged),
    Handler("customers.unmerged", "visits.customers_unmerged", visits_jobs.on_customers_unmerged),
    Handler("customers.unmerged", "tasks.customers_unmerged", tasks_jobs.on_customers_unmerged),
    Handler("customers.moved", "customers.pairs_met", customers_finding.on_moved),
    Handler("customers.moved", "visits.customer_moved", visits_jobs.on_customer_moved),
    Handler("customers.moved", "tasks.customer_moved", tasks_jobs.on_customer_moved),
    Handler("customers.merged", "evaluation.customers_merged", evaluation_jobs.on_customers_merged),
    Handler("customers.unmerged", "evaluation.customers_unmerged", evaluation_jobs.on_customers_merged),
    Handler("customers.people_moved", "banking.people_moved", banking_jobs.on_people_moved),
    Handler(banking_jobs.LOOK_FOR_LATE, "banking.look_for_late", banking_jobs.on_look_for_late),
    Handler("customers.moved", "evaluation.customer_moved", evaluation_jobs.on_customer_moved),
    Handler(evaluation_closing.DUE, "evaluation.close_due", evaluation_jobs.on_close_due),
    Handler("evaluation.handed_in", "evaluation.handed_in", evaluation_jobs.on_handed_in),
    Handler("customers.duties_moved", "tasks.duties_moved", tasks_jobs.on_duties_moved),
    Handler("customers.duties_moved", "visits.duties_moved", visits_jobs.on_duties_moved),
    Handler(
        "visits.logged",
        "tasks.visit_logged",
        tasks_jobs.on_visit_logged,
        together=tasks_jobs.on_visits_logged,
        # each holds its customers' duties, for which somebody who hands in may wait
        at_once=20,
        patient=True,
    ),
    Handler("visits.placed", "tasks.visit_placed", tasks_jobs.on_visit_placed),
    Handler("visits.accompanied", "visits.accompanied", visits_jobs.on_accompanied),
    Handler("visits.supplemented", "tasks.visit_supplemented", tasks_jobs.on_evidence_moved),
    Handler("visits.photo_arrived", "tasks.photo_arrived", tasks_jobs.on_evidence_moved),
    LongHandler("files.sweep", "files.drop_unfinished", files_jobs.drop_unfinished),
    Handler("files.received", "visits.file_received", visits_jobs.on_file_received),
    Handler(audience_jobs.PURGE, "audience.purge", audience_jobs.purge_due),
    Handler(customers_retention.DUE, "customers.retention", customers_retention.delete_due),
    LongHandler(customers_jobs.FILES_AGE, customers_jobs.FILES_AGE, customers_jobs.age_files),
    LongHandler(customers_finding.DUE, "customers.compare_people", customers_finding.compare_people),
    LongHandler(files_jobs.ERASE, "files.erase", files_jobs.erase),
    Handler("files.received", "customers.file_received", customers_jobs.on_file_received),
    Handler("strategy.profile_changed", "tasks.profile_changed", tasks_jobs.on_profile_changed),
    Handler(
        "strategy.profile_changed",
        "opportunities.profile_changed",
        opportunities_jobs.on_profile_changed,
        together=opportunities_jobs.on_profiles_changed,
        at_once=50,
        patient=True,
    ),
    Handler("customers.duties_moved", "opportunities.duties_moved", opportunities_jobs.on_duties_moved),
    Handler("customers.moved", "opportunities.customer_moved", opportunities_jobs.on_customer_moved),
    Handler("customers.merged", "opportunities.customers_merged", opportunities_jobs.on_customers_merged),
    Handler(
        "customers.unmerged", "opportunities.customers_unmerged", opportunities_jobs.on_customers_unmerged
    ),
    LongHandler(opportunities_jobs.EXPIRE, opportunities_jobs.EXPIRE, opportunities_jobs.expire_due),
    LongHandler(opportunities_jobs.DEAL, opportunities_jobs.DEAL, opportunities_jobs.deal_shares),
    Handler("tasks.submitted", "tasks.submitted", tasks_jobs.on_submitted),
    Handler("tasks.decided", "tasks.decided", tasks_jobs.on_decided),
    Handler(
        tasks_team.MOVED,
        "tasks.team_moved",
        tasks_jobs.on_team_moved,
        together=tasks_jobs.on_teams_moved,
        at_once=200,
    ),
    LongHandler(tasks_jobs.TEAM_TURN, tasks_jobs.TEAM_TURN, tasks_jobs.renew_teams),
    LongHandler("tasks.digest", "tasks.digest", tasks_jobs.send_digests),
    LongHandler("notify.item_created", "notify.push", notify_jobs.push_item),
    LongHandler("notify.quiet_over", "notify.push_waiting", notify_jobs.push_waiting),
    Handler("identity.device_revoked", "notify.forget_revoked", notify_jobs.forget_phones),
    Handler("identity.signed_out", "notify.forget_signed_out", notify_jobs.forget_phones),
    *audit_jobs.HANDLERS,
    *sync_jobs.HANDLERS,
)


def daily_at(figure: str) -> NextAfter:
    """Each day at the local time that a policy figure (`HH:MM`) names."""

    async def next_after(uow: UnitOfWork) -> datetime:
        hour, minute = str(await policy.figure(uow, figure)).split(":")
        return at_local_time(uow, int(hour), int(minute))

    return next_after


def daily_at_hour(hour: int, minute: int) -> NextAfter:
    """Each day at a local time."""

    async def next_after(uow: UnitOfWork) -> datetime:
        return at_local_time(uow, hour, minute)

    return next_after


PERIODIC = (
    Periodic("tasks.digest", daily_at("digest_at")),
    Periodic("notify.quiet_over", daily_at("notify_quiet_to")),
    Periodic("audit.seal", every(10)),
    # heads see within as many seconds what was done, and phones move no more often for it
    Periodic(tasks_jobs.TEAM_TURN, every(10)),
    Periodic("files.sweep", every(6 * 3600)),
    # early enough for the day's work, late enough that no clock of the bank's is still in the day before
    Periodic("grids.covers_turned", daily_at_hour(0, 5)),
    Periodic(customers_jobs.FILES_AGE, daily_at_hour(0, 20)),
    Periodic(customers_retention.DUE, daily_at_hour(3, 20)),
    Periodic(audience_jobs.PURGE, daily_at_hour(3, 30)),
    Periodic(customers_finding.DUE, daily_at_hour(2, 40)),
    Periodic(evaluation_closing.DUE, daily_at_hour(3, 10)),
    # before the night's results, so that what has waited longer is not behind what they raise
    Periodic(opportunities_jobs.DEAL, daily_at_hour(0, 10)),
    # after the night's results, so that what ceased to hold is known
    Periodic(opportunities_jobs.EXPIRE, daily_at_hour(4, 30)),
    Periodic(banking_jobs.LOOK_FOR_LATE, daily_at_hour(7, 0)),
    Periodic(sync_jobs.TIDY, daily_at_hour(3, 40)),
    *strategy_jobs.PERIODIC,
)


def registry() -> Registry:
    """All commands and projections."""
    commands = (
        *customers_commands.COMMANDS,
        *customers_leaving.COMMANDS,
        *customers_members.COMMANDS,
        *customers_consents.COMMANDS,
        *customers_photos.COMMANDS,
        *customers_deciding.COMMANDS,
        *customers_moving.COMMANDS,
        *customers_merging.COMMANDS,
        *customers_splitting.COMMANDS,
        *customers_uniting.COMMANDS,
        *customers_pairs.COMMANDS,
        *visits_commands.COMMANDS,
        *visits_unplaced.COMMANDS,
        *evaluation_commands.COMMANDS,
        *tasks_commands.COMMANDS,
        *opportunities_commands.COMMANDS,
        *notify_commands.COMMANDS,
    )
    return Registry.of(
        (*commands, *sync_commands.own_commands({one.name: one for one in commands})),
        (
            *grids_projection.PROJECTIONS,
            *customers_projection.PROJECTIONS,
            *customers_photos.PROJECTIONS,
            *customers_suggestions.PROJECTIONS,
            *customers_disputes.PROJECTIONS,
            *banking_projection.PROJECTIONS,
            *visits_projection.PROJECTIONS,
            *visits_unplaced.PROJECTIONS,
            *evaluation_projection.PROJECTIONS,
            *strategy_projection.PROJECTIONS,
            *tasks_projection.PROJECTIONS,
            *opportunities_projection.PROJECTIONS,
            *notify_projection.PROJECTIONS,
            *identity_projection.PROJECTIONS,
            *products_projection.PROJECTIONS,
            *policy_projection.PROJECTIONS,
        ),
    )
