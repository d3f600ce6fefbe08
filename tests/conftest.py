"""What holds for every test."""

import os
import signal
import tempfile

import browsing
import pytest

# A shell makes what it runs in the background deaf to Ctrl-C, and so whatever that starts: tests
# that press Ctrl-C would wait in vain.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What preparing remembers of files outside of a workspace does not go to anybody's home.
_STATE = tempfile.TemporaryDirectory(prefix="state-of-tests-")
os.environ["XDG_STATE_HOME"] = _STATE.name


@pytest.fixture(autouse=True)
def second_process(monkeypatch):
    """None in checks that run within a test: it would load what draws once more for each of them.

    Scripts that are started have theirs, and `test_second_process.py` has its own fixture.
    """
    monkeypatch.setattr("vocal_separation_sanity_check.commands.check_start.n_cores", lambda: 1)


@pytest.fixture(scope="module")
def chromium():
    """A headless browser."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browsing.CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Open a page and fail at the end if it complained or asked for anything."""
    contexts, complaints = [], []

    def opened(path, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("file:", "data:", "blob:"))
                else complaints.append(request.url)
            ),
        )
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
