"""Writes the document of one page that the debtor gets."""

from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

# In points: the page's margin, and from line to line.
MARGIN, LEADING, SIZE = 56, 18, 11
_WIDTH, HEIGHT = A4
MOST_LINES = int((HEIGHT - 2 * MARGIN) // LEADING)


def write(lines):
    """Return the bytes of a PDF that says `lines`; what does not fit the page is left out."""
    content = BytesIO()
    canvas = Canvas(content, pagesize=A4, invariant=1)
    text = canvas.beginText(MARGIN, HEIGHT - MARGIN)
    text.setFont("Helvetica", SIZE, leading=LEADING)
    text.textLines(lines[:MOST_LINES], trim=0)
    canvas.drawText(text)
    canvas.save()
    return content.getvalue()
