import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("produce_search", "0001_documents")]

    operations = [
        # Documents are made anew from what they are about: `manage.py reindex_search`, or the sweep.
        migrations.RunSQL(
            "DELETE FROM produce_search_document; DELETE FROM produce_search_term",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            "document",
            "names",
            django.contrib.postgres.search.SearchVectorField(default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "document",
            "texts",
            django.contrib.postgres.search.SearchVectorField(default=""),
            preserve_default=False,
        ),
        migrations.AddIndex(
            "document",
            django.contrib.postgres.indexes.GinIndex(
                fields=["texts"], name="document_texts", fastupdate=False
            ),
        ),
    ]
