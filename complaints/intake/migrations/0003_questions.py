"""Questions of the operator's own, their answers and conditions."""

import django.db.models.deletion
import modelcluster.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0002_queue_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Choice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sort_order", models.IntegerField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=100, verbose_name="回答")),
                ("name_en", models.CharField(blank=True, max_length=100, verbose_name="英文回答")),
                (
                    "stop_message",
                    models.TextField(
                        blank=True, max_length=2000, verbose_name="选了它就不在这里受理：说明向哪里反映"
                    ),
                ),
                (
                    "stop_message_en",
                    models.TextField(blank=True, max_length=2000, verbose_name="英文说明"),
                ),
            ],
            options={
                "verbose_name": "回答",
                "verbose_name_plural": "回答",
                "ordering": ["sort_order", "id"],
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="代码")),
                (
                    "kind",
                    models.CharField(
                        choices=[("choice", "从几个回答里选一个"), ("line", "一行字"), ("text", "一段话")],
                        default="choice",
                        max_length=10,
                        verbose_name="怎样回答",
                    ),
                ),
                ("text", models.CharField(max_length=200, verbose_name="问题")),
                ("text_en", models.CharField(blank=True, max_length=200, verbose_name="英文问题")),
                ("hint", models.CharField(blank=True, max_length=300, verbose_name="说明")),
                ("hint_en", models.CharField(blank=True, max_length=300, verbose_name="英文说明")),
                ("required", models.BooleanField(default=False, verbose_name="必须回答")),
                ("order", models.PositiveIntegerField(default=0, verbose_name="顺序")),
                ("active", models.BooleanField(default=True, verbose_name="启用")),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="intake.category",
                        verbose_name="举报类别",
                    ),
                ),
                (
                    "only_if",
                    models.ManyToManyField(
                        blank=True,
                        related_name="opens",
                        to="intake.choice",
                        verbose_name="只在选了这些回答时才问",
                    ),
                ),
            ],
            options={
                "verbose_name": "类别的问题",
                "verbose_name_plural": "类别的问题",
                "ordering": ["order", "id"],
            },
        ),
        migrations.AddField(
            model_name="choice",
            name="question",
            field=modelcluster.fields.ParentalKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="choices", to="intake.question"
            ),
        ),
    ]
