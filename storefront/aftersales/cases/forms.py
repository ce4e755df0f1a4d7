"""The forms of cases: they check what a person typed; services decide what can be."""

from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from catalog.models import Produce
from catalog.numbers import to_fen, to_yuan
from cooperatives.routing.models import ConsignmentLine
from storefront.aftersales.cases import pictures, rules
from storefront.aftersales.cases.models import Case
from storefront.aftersales.cases.services import Claim, Words

MOST_TEXT = 2000
WHOLE, PART, REFUSE = "whole", "part", "refuse"


class ManyFiles(forms.ClearableFileInput):
    """A field that takes several files at once."""

    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Some pictures; what it gives are pictures made anew (pictures.make_anew)."""

    def __init__(self, **options: Any):
        attrs = {"accept": pictures.ACCEPT}
        help_text = _("Up to 6 pictures of 8 MB each, JPEG, PNG or WebP.")
        super().__init__(widget=ManyFiles(attrs=attrs), help_text=help_text, **options)

    def clean(self, data: Any, initial: Any = None) -> list[ContentFile]:
        sent = data if isinstance(data, (list, tuple)) else [data] if data else []
        if self.required and not sent:
            raise ValidationError(gettext("Please add at least one picture."), code="required")
        if len(sent) > pictures.MOST_PICTURES:
            raise ValidationError(gettext("At most 6 pictures at once."), code="too_many")
        # The size of all is looked at before the first is opened.
        if any(one.size > pictures.MOST_BYTES for one in sent):
            raise ValidationError(gettext("A picture may have 8 MB at most."), code="too_big")
        return [pictures.make_anew(super(PicturesField, self).clean(one)) for one in sent]


class WordsForm(forms.Form):
    """A text, pictures, and the uuid that makes two taps one."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Your message"),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea({"rows": 3}),
    )
    pictures = PicturesField(label=_("Pictures"), required=False)

    def __init__(self, *args: Any, **options: Any):
        options.setdefault("initial", {}).setdefault("uuid", uuid4())
        super().__init__(*args, **options)

    def words(self, author_kind: str, author: Any = None) -> Words:
        cleaned = self.cleaned_data
        return Words(
            cleaned["uuid"], author_kind, cleaned["text"], author, cleaned.get("pictures") or ()
        )


class ClaimForm(WordsForm):
    """A new case about one line: what, how much of it, pictures, words."""

    kind = forms.ChoiceField(label=_("What is wrong?"), widget=forms.RadioSelect)
    extent = forms.ChoiceField(label=_("How much of it?"), required=False)

    field_order = ("kind", "extent", "pictures", "text", "uuid")

    def __init__(self, *args: Any, line: ConsignmentLine, **options: Any):
        super().__init__(*args, **options)
        self.line = line
        kinds = rules.kinds_for(line)
        self._field("kind").choices = [(k.value, k.label) for k in Case.Kind if k in kinds]
        if len(kinds) == 1:
            self.initial["kind"] = kinds[0]
        elif rules.Kind.DAMAGED in kinds:
            self.initial.setdefault("kind", rules.Kind.DAMAGED)
        self._field("extent").choices = [("", gettext("Please choose")), *self._extents()]
        self.fields["text"].label = gettext("What happened?")

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def _extents(self) -> list[tuple[str, str]]:
        packs = rules.left_packs(self.line)
        by_packs = [
            (f"packs:{number}", ngettext("%(n)d pack", "%(n)d packs", number) % {"n": number})
            for number in range(1, packs + 1)
            if packs > 1
        ]
        shares = [(f"share:{tenth * 1000}", f"{tenth * 10} %") for tenth in range(1, 11)]
        return [*by_packs, *shares]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind = cleaned.get("kind")
        if kind in rules.ABOUT_GOODS and cleaned.get("extent") == "":
            self.add_error("extent", gettext("Say how much of it."))
        # None: the pictures or the text have a fault of their own already.
        if kind == rules.Kind.DAMAGED and cleaned.get("pictures") == []:
            self.add_error("pictures", gettext("Please add at least one picture."))
        if kind and kind != rules.Kind.DAMAGED and cleaned.get("text", "-").strip() == "":
            self.add_error("text", gettext("Please write what happened."))
        return cleaned

    def claim(self) -> Claim:
        cleaned = self.cleaned_data
        unit, _colon, number = (cleaned.get("extent") or "").partition(":")
        extent = rules.Extent()
        if cleaned["kind"] in rules.ABOUT_GOODS:
            extent = rules.Extent(
                packs=int(number) if unit == "packs" else None,
                share_bps=int(number) if unit == "share" else None,
            )
        return Claim(
            uuid=cleaned["uuid"],
            line_id=self.line.pk,
            kind=cleaned["kind"],
            text=cleaned["text"],
            extent=extent,
            pictures=cleaned["pictures"],
        )


class AnswerForm(WordsForm):
    """An answer to the buyer; with `ask` the case waits for the buyer's."""

    ask = forms.BooleanField(label=_("Wait for the buyer's answer"), required=False)


class DecisionForm(WordsForm):
    """Give back what was asked for, another amount, or nothing."""

    decision = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    amount = forms.DecimalField(
        label=_("Amount in yuan"),
        required=False,
        min_value=to_yuan(1),
        max_digits=10,
        decimal_places=2,
    )
    bearer = forms.ChoiceField(label=_("Borne by"), choices=Produce.Bearer.choices, required=False)
    field_order = ("decision", "amount", "bearer", "text", "uuid")

    def __init__(self, *args: Any, case: Case, by_staff: bool, **options: Any):
        super().__init__(*args, **options)
        del self.fields["pictures"]
        rest = max(case.asked_fen - case.given_fen, 0)
        choices: list[tuple[str, str]] = []
        if rest:
            whole = gettext("Give back what was asked for: ¥%(amount)s") % {"amount": to_yuan(rest)}
            choices.append((WHOLE, whole))
        choices.append((PART, gettext("Give back another amount")))
        refuse = gettext("Refuse") if rest else gettext("Close without a refund")
        choices.append((REFUSE, refuse))
        field: Any = self.fields["decision"]
        field.choices = choices
        self.fields["text"].label = gettext("To the buyer")
        self.fields["text"].help_text = gettext("A refusal needs its reason.")
        if by_staff:
            self.initial["bearer"] = case.bearer
        else:
            del self.fields["bearer"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == PART and cleaned.get("amount", 0) is None:
            self.add_error("amount", gettext("Say the amount."))
        if cleaned.get("decision") == REFUSE and cleaned.get("text", "-").strip() == "":
            self.add_error("text", gettext("Please say why."))
        return cleaned

    @property
    def amount_fen(self) -> int | None:
        """None: all that was asked for; 0: nothing."""
        chosen = self.cleaned_data["decision"]
        if chosen == PART:
            return to_fen(self.cleaned_data["amount"])
        return None if chosen == WHOLE else 0


class AssignForm(forms.Form):
    """Who looks after a case."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    owner = forms.ChoiceField(label=_("Looked after by"), choices=Case.Owner.choices)
    person = forms.ModelChoiceField(label=_("Person"), queryset=None, required=False)

    def __init__(self, *args: Any, people: Any, **options: Any):
        options.setdefault("initial", {}).setdefault("uuid", uuid4())
        super().__init__(*args, **options)
        field: Any = self.fields["person"]
        field.queryset = people


class EvidenceForm(forms.Form):
    """What we tell the bank."""

    text = forms.CharField(
        label=_("Our evidence"),
        max_length=20_000,
        widget=forms.Textarea({"rows": 6}),
        help_text=_("It is sent once and cannot be changed afterwards."),
    )


class BearerForm(forms.Form):
    """Who bears it if a dispute is lost."""

    bearer = forms.ChoiceField(label=_("If it is lost, borne by"), choices=Produce.Bearer.choices)


class CaseSearchForm(forms.Form):
    """Find cases."""

    OPEN, ALL = "open", "all"
    q = forms.CharField(label=_("Order number"), required=False, max_length=40)
    show = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[(OPEN, pgettext_lazy("cases", "Open")), *Case.State.choices[1:], (ALL, _("All"))],
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *Case.Kind.choices]
    )
    owner = forms.ChoiceField(
        label=_("Looked after by"), required=False, choices=[("", _("All")), *Case.Owner.choices]
    )


def bound(form: type, request: Any, **options: Any) -> Any:
    """A form with what was posted, files too."""
    return form(request.POST, request.FILES, **options)
