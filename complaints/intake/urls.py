"""The reporter's addresses; the Chinese ones have no language prefix."""

from django.urls import path

from complaints.intake.views import afterwards, leave, questions, returns, sent, start

app_name = "intake"

urlpatterns = [
    path("", start.start, name="start"),
    path("leave/", leave.leave, name="leave"),
    path("sent/", sent.sent, name="sent"),
    path("sent/acknowledgement/", sent.acknowledgement, name="sent_acknowledgement"),
    path("return/", returns.enter, name="return"),
    path("return/view/", returns.view, name="return_view"),
    path("return/close/", returns.close, name="return_close"),
    path("return/acknowledgement/", returns.acknowledgement, name="return_acknowledgement"),
    path("return/proof/", returns.proof, name="return_proof"),
    path("return/files/<uuid:pk>/", returns.file, name="return_file"),
    path("return/withdraw/<uuid:pk>/", afterwards.withdraw, name="return_withdraw"),
    path("return/ask/", afterwards.ask, name="return_ask"),
    path("return/rate/", afterwards.rate, name="return_rate"),
    path("return/receipt/", afterwards.receipt, name="return_receipt"),
    path("return/end/", afterwards.end, name="return_end"),
    path("<slug:key>/", questions.question, name="step"),
]
