"""Writes a PDF of one page: lines of text in Helvetica, which every reader has."""

# In points: A4, its margin, and a line.
WIDTH, HEIGHT, MARGIN, LEADING, SIZE = 595, 842, 56, 18, 11
MOST_LINES = (HEIGHT - 2 * MARGIN) // LEADING


def write(lines):
    """Return the bytes of a PDF (1.4) that says `lines`; what does not fit the page is left out."""
    text = "".join(f"({_escape(line)}) Tj T*\n" for line in lines[:MOST_LINES])
    start = f"BT /F1 {SIZE} Tf {LEADING} TL {MARGIN} {HEIGHT - MARGIN} Td\n"
    content = f"{start}{text}ET".encode("cp1252", "replace")
    return _assemble(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents 5 0 R"
            " /Resources << /Font << /F1 4 0 R >> >> >>".encode(),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream",
        ]
    )


def _escape(line):
    for character in "\\()":
        line = line.replace(character, f"\\{character}")
    return line


def _assemble(objects):
    """Number the objects and write the table that says where each begins."""
    body, places = b"%PDF-1.4\n", []
    for number, value in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%s"
        b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(body))
    )
