"""A person's own page: the language of the desk, and the way to password and second step."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import views as passkeys
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import visits
from accounts.decorators import staff_required
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


@staff_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """One's own logins; POST ends one of them, or all but this one."""
    user: Any = request.user
    here = request.session.get(visits.KEY, {}).get("id", "")
    rows = visits.of(user)
    if request.method == "POST":
        wanted = request.POST.get("end", "")
        others = [row for row in rows if row.uuid.hex != here]
        chosen = others if wanted == "others" else [row for row in others if row.uuid.hex == wanted]
        if not chosen and wanted != "others":
            raise Http404
        ended = sum(visits.end(user, row.uuid) for row in chosen)
        messages.success(request, gettext("已结束 %(n)d 处登录。") % {"n": ended})
        return redirect("account_sessions")
    return render(request, "account/sessions.html", {"rows": [(row, row.uuid.hex == here) for row in rows]})


@staff_required
@never_cache
def add_passkey(request: HttpRequest) -> HttpResponseBase:
    """A passkey beside the authenticator, never instead of it: who uses no script still needs the code."""
    if not Authenticator.objects.filter(user=request.user.pk, type=Authenticator.Type.TOTP).exists():
        return redirect("mfa_activate_totp")
    answer: HttpResponseBase = passkeys.add_webauthn(request)
    return answer


@staff_required
@never_cache
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One's own; another's is a key that there is not (404)."""
    answer: HttpResponseBase = passkeys.remove_webauthn(request, pk=pk)
    return answer


def locked_out(request: HttpRequest, *args: Any) -> HttpResponse:
    """429 in place of axes' bare line of English: too many wrong tries of this name from this address."""
    return render(request, "account/locked.html", status=429)
