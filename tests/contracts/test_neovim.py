"""Neovim, unmodified, applies our quick fix on a line with emoji and combining marks."""

import json
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

NVIM = shutil.which("nvim")
LINE = "😀 e\u0301 Беларусь: Belorussia voted."

SCRIPT = """
local client = vim.lsp.start_client({{ name = 'asobna', cmd = {command}, root_dir = '{folder}' }})
vim.cmd('edit {folder}/draft.txt')
vim.lsp.buf_attach_client(0, client)
vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end)
local d = vim.diagnostic.get(0)[1]
local line = vim.api.nvim_buf_get_lines(0, d.lnum, d.lnum + 1, true)[1]
local shown = line:sub(d.col + 1, d.end_col)
vim.api.nvim_win_set_cursor(0, {{ d.lnum + 1, d.col }})
local params = vim.lsp.util.make_range_params()
params.context = {{ diagnostics = vim.lsp.diagnostic.get_line_diagnostics() }}
local answer = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 20000)
local action = answer[client].result[1]
local encoding = vim.lsp.get_client_by_id(client).offset_encoding
vim.lsp.util.apply_workspace_edit(action.edit, encoding)
vim.wait(20000, function() return #vim.diagnostic.get(0) == 0 end)
local lines = vim.api.nvim_buf_get_lines(0, 0, -1, true)
local out = {{ shown = shown, title = action.title, lines = lines, left = #vim.diagnostic.get(0) }}
local file = io.open('{folder}/out.json', 'w')
file:write(vim.fn.json_encode(out))
file:close()
vim.cmd('qall!')
"""


@pytest.mark.skipif(not NVIM, reason="Neovim is not installed: apt install neovim")
def test_the_quick_fix_lands_on_the_right_letters(tmp_path):
    (tmp_path / "draft.txt").write_text(f"A line.\n{LINE}\n")
    start = "from asobna.outputs.cli import main; main()"
    command = "{" + ", ".join(
        json.dumps(part) for part in (sys.executable, "-c", start, "lsp", "--lang", "en")
    ) + "}"  # fmt: skip
    script = tmp_path / "drive.lua"
    script.write_text(SCRIPT.format(command=command, folder=tmp_path))
    done = subprocess.run(
        [NVIM, "--headless", "--clean", "-n", "-c", f"luafile {script}"],
        capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert (tmp_path / "out.json").exists(), done.stderr
    out = json.loads((tmp_path / "out.json").read_text())
    assert out["shown"] == "Belorussia"
    assert out["title"] == "Write “Belarus”"
    assert out["lines"] == ["A line.", LINE.replace("Belorussia", "Belarus")]
    assert out["left"] == 0
