"""The one picture that a produce had becomes its first photograph."""

from django.db import migrations
from PIL import Image as Pillow


def move(apps, schema_editor):
    Produce = apps.get_model("catalogue", "Produce")
    Photo = apps.get_model("pictures", "ProducePhoto")
    Image = apps.get_model("wagtailimages", "Image")
    Collection = apps.get_model("wagtailcore", "Collection")
    for produce in Produce.objects.exclude(image=""):
        try:
            with produce.image.open("rb") as opened, Pillow.open(opened) as seen:
                width, height = seen.size
        except OSError:
            continue  # its file is gone: there is nothing to move
        image = Image.objects.create(
            title=produce.name_zh,
            file=produce.image.name,
            width=width,
            height=height,
            collection=Collection.objects.get(depth=1),
        )
        Photo.objects.create(produce=produce, image=image, sort_order=0)


class Migration(migrations.Migration):
    dependencies = [
        ("pictures", "0001_initial"),
        ("wagtailcore", "0095_groupsitepermission"),
    ]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
