"""What an editor is told on opening a record: bases that were repealed, items that rest on a repealed law."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages

from cms.models import Law, PowerItem
from cms.views.contexts import citations


@hooks.register("before_edit_snippet")
def warn_of_repealed_laws(request: HttpRequest, instance: Any) -> None:
    """Only said, never in the way: what to cite instead is the editor's decision."""
    if request.method != "GET":
        return
    if isinstance(instance, PowerItem):
        for sentence in repealed_bases(instance):
            messages.warning(request, sentence)
    elif isinstance(instance, Law) and instance.pk and instance.repealed:
        count = citations(instance).count()
        if count:
            text = _("这部法律法规已废止，仍有 %(count)s 处设定依据引用它，见它的公开页。")
            messages.warning(request, text % {"count": count})


def repealed_bases(item: PowerItem) -> list[str]:
    """A sentence for each basis whose law, or the version it cites, is repealed today."""
    found = []
    for basis in item.legal_bases.select_related("law_version__law", "law_version__replaced_by"):
        version = basis.law_version
        if version is None or not version.ended:
            continue
        text = _("设定依据“%(basis)s”引用的法律法规已于 %(day)s 废止。") % {
            "basis": basis.citation, "day": version.repealed_on.isoformat()}  # fmt: skip
        if version.replaced_by is not None:
            text += _("代替它的是《%(law)s》。") % {"law": version.replaced_by.name}
        found.append(text)
    return found
