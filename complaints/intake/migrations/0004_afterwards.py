"""What a reporter can do on the return page besides writing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0003_questions"),
    ]

    operations = [
        migrations.AddField(
            model_name="tip",
            name="mailbox_closed",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="tip",
            name="passed_on",
            field=models.BinaryField(blank=True, default=b""),
        ),
        migrations.AddField(
            model_name="tip",
            name="rating",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
    ]
