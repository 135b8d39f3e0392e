"""A person's own page: the language of the desk, and the way to password and second step."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, override
from django.views.decorators.http import require_http_methods

from accounts.models import User


class LanguageForm(forms.ModelForm[User]):
    """The language of the staff's pages."""

    class Meta:
        model = User
        fields = ["language"]
        widgets = {"language": forms.RadioSelect}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show the account; POST saves the language."""
    user: Any = request.user
    form = LanguageForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        # update(), not save(): a name or password changed meanwhile stays as it is now.
        User.objects.filter(pk=user.pk).update(language=form.cleaned_data["language"])
        with override(form.cleaned_data["language"]):
            messages.success(request, gettext("已保存。"))
        return redirect("account_index")
    if form.errors:
        user.refresh_from_db(fields=["language"])
    return render(request, "account/index.html", {"form": form})


def locked_out(request: HttpRequest, *args: Any) -> HttpResponse:
    """429 in place of axes' bare line of English: too many wrong tries of this name from this address."""
    return render(request, "account/locked.html", status=429)
