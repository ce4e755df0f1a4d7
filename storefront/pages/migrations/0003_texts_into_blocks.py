"""The rich texts of pages, and of their kept versions, become a text block each.

The first page showed what is in season by itself: it gets blocks that do.
"""

import json
import uuid

from django.db import migrations

KINDS = ("HomePage", "CampaignPage", "ContentPage")


def block(kind: str, **value) -> dict:
    return {"type": kind, "value": value, "id": str(uuid.uuid4())}


def text_block(zh: str, en: str) -> list[dict]:
    """A body of one text block; empty when there is no text."""
    if not (zh or en):
        return []
    return [block("text", text_zh=zh or en, text_en=en if zh else "")]


def first_page() -> list[dict]:
    """What the first page showed before it had blocks, and the campaign."""
    return [
        block("campaign", heading_zh="", heading_en=""),
        block(
            "shelf",
            heading_zh="现在正当季",
            heading_en="Ripe now",
            rule="season",
            produce=[],
            village="",
            campaign="",
            limit=8,
        ),
    ]


def into_blocks(apps, schema_editor):
    content_types = apps.get_model("contenttypes", "ContentType").objects
    revisions = apps.get_model("wagtailcore", "Revision").objects
    for kind in KINDS:
        start = first_page() if kind == "HomePage" else []
        model = apps.get_model("pages", kind)
        for page in model.objects.all():
            page.body = json.dumps(start + text_block(page.body_zh, page.body_en))
            page.save(update_fields=["body"])
        kept = content_types.filter(app_label="pages", model=kind.lower()).first()
        for revision in revisions.filter(content_type=kept) if kept else ():
            content = revision.content
            zh, en = content.pop("body_zh", None), content.pop("body_en", None)
            if zh is None and en is None:
                continue
            content["body"] = json.dumps(start + text_block(zh or "", en or ""))
            revision.content = content
            revision.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [
        ("pages", "0002_blocks_and_page_types"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(into_blocks, migrations.RunPython.noop)]
