"""What Celery does by itself, and when; times of day are Shanghai's."""

from celery.schedules import crontab

CELERY_BEAT_SCHEDULE = {
    "heartbeat": {"task": "storefront.tasks.heartbeat", "schedule": 20.0},
    "sweep-events": {"task": "storefront.payments.tasks.sweep_events", "schedule": 30.0},
    "sweep-attempts": {"task": "storefront.payments.tasks.sweep_attempts", "schedule": 30.0},
    "sweep-refunds": {"task": "storefront.aftersales.tasks.sweep_refunds", "schedule": 60.0},
    "sweep-balance": {
        "task": "storefront.payments.tasks.sweep_balance",
        "schedule": crontab(minute=7),
    },
    "reconcile": {"task": "storefront.payments.tasks.reconcile", "schedule": crontab(minute=12)},
    "sweep-disputes": {
        "task": "storefront.aftersales.cases.tasks.sweep_disputes",
        "schedule": crontab(minute=17),
    },
    "close-cases": {
        "task": "storefront.aftersales.cases.tasks.close_cases",
        "schedule": crontab(minute=37),
    },
    "sweep-messages": {"task": "storefront.notifications.tasks.sweep_messages", "schedule": 30.0},
    # What staff change in /cms/ is made anew at once; this finds what came by a loader.
    "sweep-search": {"task": "storefront.search.tasks.reindex", "schedule": 300.0},
    "forget": {
        "task": "storefront.accounts.tasks.forget",
        "schedule": crontab(hour=3, minute=40),
    },
    "expire-gifts": {"task": "storefront.discounts.tasks.expire_gifts", "schedule": 60.0},
    "send-reminders": {
        "task": "storefront.wishes.tasks.send_reminders",
        "schedule": crontab(hour=9, minute=10),
    },
    "send-livestream-reminders": {
        "task": "storefront.wishes.tasks.send_livestream_reminders",
        "schedule": 60.0,
    },
    "publish-scheduled": {
        "task": "storefront.pages.tasks.publish_scheduled",
        "schedule": 60.0,
    },
    "roll-pools": {"task": "cooperatives.partner.tasks.roll_pools", "schedule": crontab(minute=1)},
    "forget-changes": {
        "task": "storefront.listing.tasks.forget_changes",
        "schedule": crontab(minute=22),
    },
    "pause-silent-video": {
        "task": "livestream.video.tasks.pause_silent_video",
        "schedule": 10.0,
    },
    "take-recordings": {
        "task": "livestream.video.tasks.take_recordings",
        "schedule": 60.0,
    },
    "count-impact": {"task": "storefront.impact.tasks.count_impact", "schedule": 300.0},
    "share-out": {
        "task": "cooperatives.settlement.tasks.nightly_sharing_out",
        "schedule": crontab(hour=2, minute=30),
    },
}
# A sweep that no worker took in its time is dropped: the next one does its work.
for _entry in CELERY_BEAT_SCHEDULE.values():
    if isinstance(_entry["schedule"], float):
        _entry["options"] = {"expires": _entry["schedule"]}
