"""What is searched: one document for each produce, category and place, and the words in them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _


class Document(models.Model):
    """One thing that can be found. Written by services.reindex alone; it can always be made anew.

    words      every lexeme by which it is found but those of its texts. Beginnings find too, so a
               name stands there from each of its characters on: 灌阳百香果, 阳百香果, 百香果 … and
               so do its sound and its initials
    names      those of them that are its name (A) or another word for it (B): small, for ranking
    texts      whole words of everything, its description and packs too, for what nothing is called
    name_zh    the name without spaces; split_zh: its words, each after a space
    name_en    the words of the English name in the singular, each after a space
    sounds     its readings in pinyin without tones and spaces, the usual one first
    aliases    whole other names
    digest     of what it was made from: what has the same is not made again
    """

    class Kind(models.TextChoices):
        PRODUCE = "produce", _("produce")
        CATEGORY = "category", _("category")
        PLACE = "place", _("place")

    kind = models.CharField(max_length=8, choices=Kind)
    # A produce's code, a category's slug, or a place's Chinese name.
    key = models.CharField(max_length=255)
    produce = models.OneToOneField(
        "catalogue.Produce", models.CASCADE, null=True, related_name="search_document"
    )
    label_zh = models.CharField(max_length=255)
    label_en = models.CharField(max_length=255, blank=True)
    season_from = models.PositiveSmallIntegerField(default=1)
    season_to = models.PositiveSmallIntegerField(default=12)
    words = SearchVectorField()
    names = SearchVectorField()
    texts = SearchVectorField()
    name_zh = models.TextField()
    split_zh = models.TextField()
    name_en = models.TextField()
    sounds = ArrayField(models.TextField())
    initials = models.TextField()
    aliases = ArrayField(models.TextField())
    digest = models.CharField(max_length=40)

    class Meta:
        ordering = ["kind", "key"]
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="document_once")]
        indexes = [
            GinIndex(fields=["words"], name="document_words", fastupdate=False),
            GinIndex(fields=["texts"], name="document_texts", fastupdate=False),
        ]


class Term(models.Model):
    """A word that some document is found by, for typing errors and "did you mean".

    text     how it is typed in Latin letters: 百香果 as baixiangguo, or the English word
    lexeme   the lexeme in Document.words that it stands for
    label    what "did you mean" shows
    """

    text = models.CharField(max_length=100)
    lexeme = models.CharField(max_length=100)
    label = models.CharField(max_length=100)

    class Meta:
        ordering = ["text"]
        constraints = [models.UniqueConstraint(fields=["text", "lexeme"], name="term_once")]
        indexes = [
            GinIndex(OpClass(F("text"), name="gin_trgm_ops"), name="term_text_trigrams"),
            models.Index(OpClass(F("text"), name="text_pattern_ops"), name="term_text_beginning"),
        ]


class Synonym(models.Model):
    """Words that buyers type, and the words of our names that they mean. Kept by staff."""

    typed = models.TextField(
        _("what people type"),
        help_text=_("Words separated by commas or spaces between Chinese words: 洋芋，土豆"),
    )
    meant = models.TextField(
        _("what it means in our names"),
        help_text=_("Produce whose name has one of these words is found: 马铃薯，土豆"),
    )

    class Meta:
        ordering = ["typed"]
        verbose_name = _("other words")
        verbose_name_plural = _("other words")

    def __str__(self) -> str:
        return f"{self.typed} → {self.meant}"
