"""The forms of reviews: they check what was typed; services decide what can be."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from storefront.aftersales.cases.forms import PicturesField
from storefront.reviews.models import MOST_TEXT, Review
from storefront.reviews.services import MOST_PICTURES, Decision, Draft

STARS = [(5, "5"), (4, "4"), (3, "3"), (2, "2"), (1, "1")]


class ReviewPicturesField(PicturesField):
    """Pictures checked as those of cases are; fewer of them."""

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.help_text = _("Up to 4 pictures of 8 MB each, JPEG, PNG or WebP.")

    def clean(self, data: Any, initial: Any = None) -> list[ContentFile]:
        if isinstance(data, (list, tuple)) and len(data) > MOST_PICTURES:
            raise ValidationError(gettext("A review has at most 4 pictures."), code="too_many")
        return super().clean(data, initial)


class ReviewForm(forms.Form):
    """Stars, words, pictures, and the name shown."""

    stars = forms.TypedChoiceField(
        label=_("How was it?"),
        choices=STARS,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose 1 to 5 stars.")},
    )
    text = forms.CharField(
        label=_("Your review"),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea({"rows": 4}),
    )
    pictures = ReviewPicturesField(label=_("Pictures"), required=False)
    dropped = forms.TypedMultipleChoiceField(
        label=_("Take out"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    shown_as = forms.ChoiceField(label=_("Shown as"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, nickname: str, review: Review | None, **options: Any):
        super().__init__(*args, **options)
        names = [("anonymous", gettext("Anonymous buyer"))]
        if nickname:
            names.insert(0, ("name", nickname))
        fields: Any = self.fields
        fields["shown_as"].choices = names
        self.initial.setdefault("shown_as", "anonymous")
        kept = list(review.pictures.all()) if review else []
        fields["dropped"].choices = [(one.pk, str(one.pk)) for one in kept]
        if review:
            named = "name" if review.nickname and nickname else "anonymous"
            self.initial.update(stars=review.stars, text=review.text, shown_as=named)

    def draft(self) -> Draft:
        cleaned = self.cleaned_data
        return Draft(
            stars=cleaned["stars"],
            text=cleaned["text"],
            with_name=cleaned["shown_as"] == "name",
            pictures=cleaned["pictures"],
            dropped=cleaned["dropped"],
        )


class DecisionForm(forms.Form):
    """What staff decide about a review."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("publish", _("Publish")), ("refuse", pgettext_lazy("review", "Refuse"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Why it is refused"),
        required=False,
        max_length=500,
        help_text=_("The buyer reads this."),
    )
    reply = forms.CharField(
        label=_("Reply, shown below the review"),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea({"rows": 3}),
    )
    reply_by = forms.ChoiceField(
        label=_("In the name of"), required=False, choices=Review.Voice.choices
    )
    # Which version of it was read.
    seen_at = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == "refuse" and not cleaned.get("reason", "-").strip():
            self.add_error("reason", gettext("Please say why."))
        return cleaned

    def result(self) -> Decision:
        cleaned = self.cleaned_data
        return Decision(
            publish=cleaned["decision"] == "publish",
            reason=cleaned["reason"],
            reply=cleaned["reply"],
            reply_by=cleaned["reply_by"] if cleaned["reply"].strip() else "",
        )
