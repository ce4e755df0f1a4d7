"""Each link gets a code to say; one that was printed in that very shape is said as it is."""

import re
import secrets

from django.db import migrations, models
from django.db.models import F, Q

import livestream.campaigns.codes

# As they were when this was written.
ALPHABET = "245678KMWXY"
SHAPE = "^[245678KMWXY]{4}$"


def give_spoken(apps, schema_editor):
    links = apps.get_model("campaigns", "TrackedLink").objects
    codes = dict(links.values_list("pk", "code"))
    taken = {code for code in codes.values() if re.match(SHAPE, code)}
    for pk, code in codes.items():
        spoken = code
        if code not in taken:
            while (spoken := "".join(secrets.choice(ALPHABET) for _ in range(4))) in taken:
                pass
            taken.add(spoken)
        links.filter(pk=pk).update(spoken=spoken)


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_goals_costs_media")]

    operations = [
        migrations.RunPython(give_spoken, migrations.RunPython.noop),
        migrations.AlterField(
            "trackedlink",
            "spoken",
            models.CharField(
                default=livestream.campaigns.codes.new_spoken,
                editable=False,
                max_length=4,
                unique=True,
                verbose_name="code to say",
            ),
        ),
        migrations.AddConstraint(
            "trackedlink",
            models.CheckConstraint(condition=Q(spoken__regex=SHAPE), name="link_spoken_shape"),
        ),
        migrations.AddConstraint(
            "trackedlink",
            models.CheckConstraint(
                condition=~Q(code__regex=SHAPE) | Q(code=F("spoken")), name="link_code_not_spoken"
            ),
        ),
    ]
