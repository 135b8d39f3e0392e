"""The people of an office, for its administrator: who is there, who is invited, what is under way."""

from __future__ import annotations

from accounts.models import User
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints import access
from complaints.desk import members as verbs
from complaints.desk import remits, services
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.members_forms import BindForm, FindForm, GrantForm, InviteForm, RemoveForm
from complaints.vault.errors import Refused
from complaints.vault.models import Job, Membership, Office

FORM = ["GET", "HEAD", "POST"]


@require_safe
@desk("administer", unlocked=False)
def members(request: DeskRequest) -> HttpResponse:
    """The members of the offices that this person administers, without anything of their tips."""
    return _members(request, InviteForm(), FindForm())


@require_POST
@desk("administer", sure=True)
def invite(request: DeskRequest) -> HttpResponse:
    """A new account; the link for its owner is shown once."""
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            user, path = verbs.invite(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _link(request, user, path, invited=True)
    return _members(request, form, FindForm(), status=422)


@require_POST
@desk("administer")
def find(request: DeskRequest, office: str) -> HttpResponse:
    """On to the page of somebody who has an account already."""
    here = _office(request, office)
    form = FindForm(request.POST)
    if form.is_valid():
        return onward("desk:member", office=here.code, pk=form.cleaned_data["person"].pk)
    return _members(request, InviteForm(), form, status=422)


@require_http_methods(FORM)
@desk("administer", sure=True)
def member(request: DeskRequest, office: str, pk: int) -> HttpResponse:
    """One person in one office. POST grants a role, with the fingerprint as it was heard."""
    here, user = _office(request, office), get_object_or_404(User, pk=pk, is_active=True)
    form = GrantForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            verbs.grant(office=here, user=user, by=request.user, seed=request.staff_seed, **form.cleaned_data)
        except Refused as error:
            form.add_error("heard" if "heard" in error.args[1:] else "role", str(error.args[0]))
        else:
            return onward("desk:member", office=here.code, pk=user.pk)
    person = next((item for item in verbs.people(here) if item.user.pk == user.pk), None)
    context = {
        **band(request, "members"),
        "office": here,
        "person": user,
        "roles": person.roles if person else [],
        "bindable": [held for held in person.roles if held.role in access.BOUND] if person else [],
        "remits": remits.words(user, offices=[here]),
        "waiting": person is not None and person.waiting,
        "own": user.pk == request.user.pk,
        "has_key": hasattr(user, "staff_key"),
        "ours": verbs.is_ours(here, user) and user.pk != request.user.pk,
        "form": form,
        "form_list": [form] if form.errors else [],
    }
    return render(request, "desk/member.html", context, status=422 if form.errors else 200)


@require_POST
@desk("administer", sure=True)
def reset(request: DeskRequest, office: str, pk: int) -> HttpResponse:
    """A link with which this person sets a new password; shown once."""
    user = _theirs(request, office, pk)
    return _link(request, user, verbs.reset(by=request.user, user=user), invited=False)


@require_POST
@desk("administer", sure=True)
def second_factor(request: DeskRequest, office: str, pk: int) -> HttpResponse:
    """The second step of somebody whose phone is lost."""
    user = _theirs(request, office, pk)
    verbs.drop_second_factor(by=request.user, user=user)
    return onward("desk:member", office=office, pk=user.pk)


@require_POST
@desk("administer", sure=True)
def wake(request: DeskRequest, office: str, pk: int) -> HttpResponse:
    """Somebody whose account was locked because they had not come for long."""
    here, user = _office(request, office), get_object_or_404(User, pk=pk, dormant=True)
    if not verbs.is_ours(here, user):
        raise Http404
    verbs.wake(by=request.user, user=user)
    return onward("desk:member", office=office, pk=user.pk)


@require_http_methods(FORM)
@desk("administer", sure=True)
def remove(request: DeskRequest, office: str, pk: int) -> HttpResponse:
    """What follows from a removal, then the removal."""
    here, user = _office(request, office), get_object_or_404(User, pk=pk)
    rows = Membership.objects.filter(office=here, user=user, ended_at=None).order_by("role")
    held = [(row.role, str(row.get_role_display())) for row in rows]
    if not held:
        raise Http404
    sent = request.POST if request.method == "POST" else None
    form = RemoveForm(sent, held=held, initial={"roles": [role for role, _name in held]})
    if request.method == "POST" and form.is_valid():
        try:
            verbs.remove(
                office=here,
                user=user,
                roles=form.cleaned_data["roles"],
                by=request.user,
                seed=request.staff_seed,
            )
        except Refused as error:
            form.add_error("roles", str(error.args[0]))
        else:
            return onward("desk:members")
    context = {
        **band(request, "members"),
        "office": here,
        "person": user,
        "form": form,
        "form_list": [form] if form.errors else [],
    }
    return render(request, "desk/member_remove.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM)
@desk("administer", sure=True)
def bind(request: DeskRequest, office: str, pk: int, role: str) -> HttpResponse:
    """The categories and regions that a person's role is for."""
    here, user = _office(request, office), get_object_or_404(User, pk=pk, is_active=True)
    held = get_object_or_404(
        Membership, office=here, user=user, role=role, role__in=access.BOUND, ended_at=None
    )
    categories, regions = remits.of(user, offices=[here]).get((here.pk, role), ([], []))
    sent = request.POST if request.method == "POST" else None
    form = BindForm(sent, initial={"categories": categories, "regions": regions})
    if sent is not None and form.is_valid():
        try:
            remits.bind(office=here, user=user, role=role, by=request.user, **form.cleaned_data)
        except services.Refused as refused:
            form.add_error(None, str(refused))
        else:
            return onward("desk:member", office=here.code, pk=user.pk)
    context = {
        **band(request, "members"),
        "office": here,
        "person": user,
        "role": held.get_role_display(),
        "form": form,
        "form_list": [form] if form.errors else [],
    }
    return render(request, "desk/member_bind.html", context, status=422 if form.errors else 200)


# Parts --------------------------------------------------------------------------------------------------


def _office(request: DeskRequest, code: str) -> Office:
    """An office that this person administers; 404 for any other."""
    return get_object_or_404(access.offices_for(request.user, "administer"), code=code)


def _theirs(request: DeskRequest, office: str, pk: int) -> User:
    """Somebody whom the administrator of this office may reset, not oneself."""
    here, user = _office(request, office), get_object_or_404(User, pk=pk, is_active=True)
    if user.pk == request.user.pk or not verbs.is_ours(here, user):
        raise Http404
    return user


def _members(request: DeskRequest, form: InviteForm, find_form: FindForm, status: int = 200) -> HttpResponse:
    held = list(access.offices_for(request.user, "administer"))
    forms = [item for item in (form, find_form) if item.errors]
    context = {
        **band(request, "members"),
        "offices": [(office, verbs.people(office)) for office in held],
        "newcomers": list(verbs.newcomers().select_related("staff_key")[:50]),
        "jobs": Job.objects.filter(office__in=held).select_related("office").order_by("-created_at")[:10],
        "form": form,
        "find_form": find_form,
        "form_list": forms,
    }
    return render(request, "desk/members.html", context, status=status)


def _link(request: DeskRequest, user: User, path: str, *, invited: bool) -> HttpResponse:
    title = _("邀请已经做好") if invited else _("重设密码的链接已经做好")
    link = request.build_absolute_uri(path)
    context = {**band(request, "members"), "title": title, "person": user, "link": link, "invited": invited}
    return render(request, "desk/member_link.html", context)
