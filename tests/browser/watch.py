"""What a page should never do: fail in a script, break its policy, or ask another host for anything."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page

LOCAL_SCHEMES = ("data", "blob", "about")
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


class Watch:
    """Collects a page's misdeeds in ``troubles``. A status that the test provoked is not one: ``forgive`` it."""

    def __init__(self, page: Page, url: str) -> None:
        self.troubles: list[str] = []
        self._host = urlsplit(url).netloc
        self._forgiven: list[str] = []
        page.add_init_script(REPORT_VIOLATIONS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"uncaught: {error}"))
        page.on("request", lambda request: self._request(request.url))
        page.on("websocket", lambda socket: self._request(socket.url))
        page.on("dialog", lambda dialog: (self.troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def forgive(self, text: str) -> None:
        """Console lines with this text are the browser's own words about what the test asked for."""
        self._forgiven.append(text)

    def _console(self, message: ConsoleMessage) -> None:
        known = any(text in message.text for text in self._forgiven)
        if message.type in ("error", "warning") and not known:
            self.troubles.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in LOCAL_SCHEMES and parts.netloc != self._host:
            self.troubles.append(f"another host: {url}")
