"""Run by the interpreter that knows the office: `driver.py SOFFICE PROFILE JSON-LIST-OF-TEXTS`."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.lang import Locale

ENGLISH = Locale("en", "US", "")
TYPED = "A note.\nBelorussia voted on R&D."


def connect(office, profile):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = f"socket,host=127.0.0.1,port={port};urp;"
    process = subprocess.Popen(
        [office, "--headless", "--norestore", "--nologo", "--nofirststartwizard",
         f"-env:UserInstallation={Path(profile).as_uri()}", f"--accept={where}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext(
        "com.sun.star.bridge.UnoUrlResolver", local
    )
    for _ in range(600):
        try:
            return process, resolver.resolve(f"uno:{where}StarOffice.ComponentContext")
        except Exception:
            time.sleep(0.1)
    raise SystemExit("the office did not start")


def told(error):
    properties = {p.Name: p.Value for p in error.aProperties}
    return {
        "start": error.nErrorStart,
        "length": error.nErrorLength,
        "suggestions": list(error.aSuggestions),
        "short": error.aShortComment,
        "full": error.aFullComment,
        "colour": properties.get("LineColor"),
    }


def marked_in_a_document(context, checker):
    """Words marked in the paragraphs of a document, each in its own language."""
    desktop = context.ServiceManager.createInstanceWithContext(
        "com.sun.star.frame.Desktop", context
    )
    hidden = PropertyValue("Hidden", 0, True, 0)
    writer = desktop.loadComponentFromURL("private:factory/swriter", "_blank", 0, (hidden,))
    writer.Text.String = TYPED
    cursor = writer.Text.createTextCursor()
    cursor.gotoEnd(True)
    cursor.CharLocale = ENGLISH
    found = []
    paragraphs = writer.Text.createEnumeration()
    while paragraphs.hasMoreElements():
        paragraph = paragraphs.nextElement()
        text, locale = paragraph.String, paragraph.CharLocale
        result = checker.doProofreading("2", text, locale, 0, len(text), ())
        found += [text[e.nErrorStart : e.nErrorStart + e.nErrorLength] for e in result.aErrors]
    writer.close(True)
    return found


def main():
    office, profile, texts = sys.argv[1:]
    process, context = connect(office, profile)
    try:
        checker = context.ServiceManager.createInstanceWithContext(
            "org.openoffice.lingu.LanguageToolGrammarChecker", context
        )
        locales = [f"{locale.Language}-{locale.Country}" for locale in checker.getLocales()]
        found = []
        for text in json.loads(texts):
            length = len(text.encode("utf-16-le")) // 2
            result = checker.doProofreading("1", text, ENGLISH, 0, length, ())
            found.append([told(error) for error in result.aErrors])
        document = marked_in_a_document(context, checker)
        print(json.dumps({"locales": locales, "found": found, "document": document}))
    finally:
        process.terminate()
        process.wait(20)


main()
