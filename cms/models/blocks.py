"""What an article is made of."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock

FEATURES = ["h2", "h3", "bold", "italic", "ol", "ul", "link", "document-link", "hr"]


class PictureBlock(blocks.StructBlock):
    image = ImageBlock(label=_("图片"))
    caption = blocks.CharBlock(label=_("说明"), required=False)

    class Meta:
        icon = "image"
        label = _("图片")
        template = "cms/blocks/picture.html"


class VideoBlock(blocks.StructBlock):
    """A file of our own: nothing is embedded from elsewhere. Words for who cannot hear or play it."""

    file = DocumentChooserBlock(label=_("视频文件（mp4、webm）"))
    caption = blocks.CharBlock(label=_("说明"))
    subtitles = DocumentChooserBlock(label=_("字幕文件（vtt）"), required=False)
    transcript = blocks.TextBlock(label=_("文字稿"))

    class Meta:
        icon = "media"
        label = _("视频")
        template = "cms/blocks/video.html"


class QuoteBlock(blocks.StructBlock):
    text = blocks.TextBlock(label=_("引文"))
    source = blocks.CharBlock(label=_("出处"), required=False)

    class Meta:
        icon = "openquote"
        label = _("引文")
        template = "cms/blocks/quote.html"


class SheetValue(blocks.StructValue):
    """Rows of cells, from lines and tabs."""

    @property
    def rows(self) -> list[list[str]]:
        mark = "\t" if "\t" in self["cells"] else "|"
        lines = [line for line in self["cells"].splitlines() if line.strip()]
        rows = [[cell.strip() for cell in line.split(mark)] for line in lines]
        width = max((len(row) for row in rows), default=0)
        return [row + [""] * (width - len(row)) for row in rows]

    @property
    def header(self) -> list[str]:
        return self.rows[0] if self.rows else []

    @property
    def body(self) -> list[list[str]]:
        return self.rows[1:]


class SheetBlock(blocks.StructBlock):
    """A table as it is pasted from a spreadsheet: a line a row, tabs (or |) between cells, header first."""

    caption = blocks.CharBlock(label=_("表名"))
    cells = blocks.TextBlock(
        label=_("表格内容"),
        help_text=_("从电子表格复制粘贴即可：一行一行，第一行是表头，单元格之间用制表符或 | 隔开。"),
    )

    class Meta:
        icon = "table"
        label = _("表格")
        template = "cms/blocks/table.html"
        value_class = SheetValue


class BodyBlock(blocks.StreamBlock):
    text = blocks.RichTextBlock(label=_("文字"), features=FEATURES)
    image = PictureBlock()
    video = VideoBlock()
    quote = QuoteBlock()
    table = SheetBlock()
