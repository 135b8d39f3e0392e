"""What machines read of the ledger. No language prefix: the formats have none."""

from django.urls import path

from cms.views import ledger_files as files

app_name = "ledger"
urlpatterns = [
    path("checkpoint", files.checkpoint, name="checkpoint"),
    path("checkpoints/<int:size>", files.checkpoint_of, name="checkpoint_of"),
    path("tile/<str:level>/<path:index>", files.tile, name="tile"),
    path("proof/inclusion", files.inclusion, name="inclusion"),
    path("proof/consistency", files.consistency, name="consistency"),
    path("latest.json", files.latest, name="latest"),
    path("key-changes", files.key_changes, name="key_changes"),
    path("cosignatures", files.cosignatures, name="cosignatures"),
    path("verify.py", files.verify_file, name="verify"),
    path("feed.atom", files.Feed(), name="feed"),
]
