"""Stands where Odoo looks for `wkhtmltopdf`, and prints with the browser of the tests.

Debian's wkhtmltopdf draws letters as lines, out of which no text can be read, and is not on every
machine. What Odoo gives to be printed is the same.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAMS = ("wkhtmltopdf", "wkhtmltoimage")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")


def install(folder, chromium):
    """Make the programs in `folder`; return it, for the front of PATH."""
    for name in PROGRAMS:
        program = Path(folder, name)
        program.write_text(
            f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n"
            f"import pdf_printer\npdf_printer.main({chromium!r}, sys.argv[1:])\n"
        )
        program.chmod(0o755)
    return str(folder)


def main(chromium, arguments):
    if "--version" in arguments:
        print("wkhtmltopdf 0.12.6 (with patched qt)")
        return
    # Odoo limits its own memory, too narrowly for a browser started from it.
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    # Pages first, what is printed above and below each page after them.
    paths = [path for path in arguments[:-1] if path.endswith(".html")]
    print_pages(chromium, sorted(paths, key=lambda path: "report.body" not in path), arguments[-1])


def print_pages(chromium, paths, target):
    from PyPDF2 import PdfMerger

    merger = PdfMerger()
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            printed = f"{folder}/{number}.pdf"
            command = [chromium, *OPTIONS, f"--user-data-dir={folder}/profile"]
            command += [f"--print-to-pdf={printed}", f"file://{path}"]
            subprocess.run(command, check=True, capture_output=True, timeout=120)
            merger.append(printed)
        merger.write(target)
