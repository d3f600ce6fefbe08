"""Execute the labs and render them, with their plots and players, to pages.

Run:  python labs/render.py [--output DIR]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import jupytext
import nbclient
import nbconvert

HERE = Path(__file__).resolve().parent
LABS = sorted(HERE.glob("[1-9]_*.py"))
LIMIT_S = 300
"""Of one cell; the first may compile the kernels."""


def rendered(lab: Path) -> str:
    """Execute a lab, and give its page.

    Parameters
    ----------
    lab : Path

    Returns
    -------
    str
        HTML that asks nobody for anything: no fonts, no scripts of other sites.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails, and with it something that the lab states.
    """
    notebook = jupytext.read(lab)
    context = {"metadata": {"path": str(HERE)}}
    client = nbclient.NotebookClient(
        notebook, timeout=LIMIT_S, resources=context, extra_arguments=["--log-level=ERROR"]
    )
    client.execute()
    exporter = nbconvert.HTMLExporter(
        mathjax_url="", require_js_url="", jquery_url="", embed_images=True
    )
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": lab.stem}})
    return page


def main() -> None:
    """Render all labs."""
    parser = argparse.ArgumentParser(description="Execute the labs and render them to pages.")
    parser.add_argument("--output", metavar="DIR", type=Path, default=HERE / "html")
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    for lab in LABS:
        page = output / f"{lab.stem}.html"
        try:
            page.write_text(rendered(lab), encoding="utf-8")
        except nbclient.exceptions.CellExecutionError as error:
            sys.exit(f"{lab.name} failed:\n{error}")
        print(page)


if __name__ == "__main__":
    main()
