"""Pages that are one form: a heading, a sentence, the fields, a button and a way back."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def form_page(
    request: HttpRequest,
    form: forms.Form,
    *,
    title: str,
    lead: str = "",
    button: str,
    back: str = "accounts:me",
    template: str = "accounts/form_page.html",
    **more: Any,
) -> HttpResponse:
    """The page of a form; 422 when what was sent has errors. `back` is the name of an address."""
    context = {"form": form, "title": title, "lead": lead, "button": button, "back": back, **more}
    return render(request, template, context, status=422 if form.errors else 200)
