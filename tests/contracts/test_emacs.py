"""Emacs, unmodified: eglot over our language server, langtool over LanguageTool's interface."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

EMACS = shutil.which("emacs")
LINE = "😀 e\u0301 Беларусь: Belorussia voted."

EGLOT = r"""
(require 'eglot)
(setq eglot-sync-connect 60 completing-read-function (lambda (_ choices &rest _) (caar choices)))
(find-file "{folder}/draft.txt")
(text-mode)
(add-to-list 'eglot-server-programs '(text-mode . {command}))
(apply #'eglot--connect (eglot--guess-contact))
(defun look (wanted)
  (let ((until (+ (float-time) 60)))
    (while (and (not (eq wanted (length (flymake-diagnostics)))) (< (float-time) until))
      (accept-process-output nil 0.2)
      (eglot--signal-textDocument/didChange) ; nobody idles in a batch
      (flymake-start))))
(look 1)
(let* ((one (car (flymake-diagnostics)))
       (start (flymake-diagnostic-beg one))
       (end (flymake-diagnostic-end one))
       (shown (buffer-substring-no-properties start end)))
  (setq last-nonmenu-event ?\r) ; chosen from a list of words, not from a window
  (eglot-code-actions start end "quickfix" t)
  (look 0)
  (with-temp-file "{folder}/out.json"
    (insert (json-encode `((shown . ,shown)
                           (said . ,(flymake-diagnostic-text one))
                           (left . ,(with-current-buffer "draft.txt" (length (flymake-diagnostics))))
                           (text . ,(with-current-buffer "draft.txt" (buffer-string))))))))
(set-buffer "draft.txt")
(set-buffer-modified-p nil)
"""

LANGTOOL = r"""
(load "{source}")
(setq langtool-http-server-host "127.0.0.1" langtool-http-server-port {port}
      langtool-default-language "en-US")
(find-file "{folder}/draft.txt")
(langtool-check-buffer)
(let ((until (+ (float-time) 60)))
  (while (and langtool-buffer-process (< (float-time) until)) (accept-process-output nil 0.2)))
(accept-process-output nil 0.5)
(let (found)
  (dolist (one (overlays-in (point-min) (point-max)))
    (push `((shown . ,(buffer-substring-no-properties (overlay-start one) (overlay-end one)))
            (said . ,(overlay-get one 'langtool-message))) found))
  (with-temp-file "{folder}/out.json" (insert (json-encode (vconcat found)))))
"""


def emacs(folder, script, **values):
    """What the script wrote, run by Emacs without anybody's settings but with site packages."""
    file = folder / "drive.el"
    file.write_text(script.format(folder=folder, **values))
    done = subprocess.run(
        [EMACS, "--batch", "--no-init-file", "--eval", "(package-activate-all)", "-l", str(file)],
        capture_output=True, text=True, timeout=200, check=False,
        env={**os.environ, "HOME": str(folder), "NO_PROXY": "*"},
    )  # fmt: skip
    assert (folder / "out.json").exists(), done.stderr
    return json.loads((folder / "out.json").read_text())


def require(feature, package):
    """Skip unless this Emacs has a feature."""
    if not EMACS:
        pytest.skip("Emacs is not installed: apt install emacs-nox")
    asked = f"(progn (package-activate-all) (kill-emacs (if (require '{feature} nil t) 0 1)))"
    if subprocess.run([EMACS, "--batch", "--eval", asked], check=False).returncode:
        pytest.skip(f"Emacs has no {feature}: {package}")


def test_eglot_shows_the_words_and_applies_the_quick_fix(tmp_path):
    require("eglot", "apt install elpa-eglot")
    (tmp_path / "draft.txt").write_text(f"A line.\n{LINE}\n")
    start = "from asobna.outputs.cli import main; main()"
    command = [sys.executable, "-c", start, "lsp", "--lang", "en"]
    quoted = "(" + " ".join(json.dumps(part) for part in command) + ")"
    out = emacs(tmp_path, EGLOT, command=quoted)
    assert out["shown"] == "Belorussia"
    assert "is an older name" in out["said"]
    assert out["text"] == f"A line.\n{LINE}\n".replace("Belorussia", "Belarus")
    assert out["left"] == 0


def test_langtool_marks_the_words(tmp_path, english_server):
    source = os.environ.get("ASOBNA_LANGTOOL_EL", "")
    if not EMACS or not Path(source).is_file():
        pytest.skip("langtool.el is in no package here: name the file in ASOBNA_LANGTOOL_EL")
    (tmp_path / "draft.txt").write_text(f"A line.\n{LINE}\n")
    out = emacs(tmp_path, LANGTOOL, source=source, port=english_server.port)
    assert [one["shown"] for one in out] == ["Belorussia"]
    assert "is an older name" in out[0]["said"]
