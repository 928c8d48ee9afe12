"""Questions nobody thought of, made from our own OpenAPI description: no answer is a failure.

ASOBNA_CASES sets how many; 10,000 by default, spread over the operations.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
CASES = int(os.environ.get("ASOBNA_CASES", "10000"))
WITH_PARAMETERS = 8  # the others have one question each
TOOL = Path(sys.executable).with_name("schemathesis")


@pytest.mark.skipif(not TOOL.exists(), reason="schemathesis is missing: pip install schemathesis")
def test_no_question_makes_the_server_fail(english_server, tmp_path):
    done = subprocess.run(
        [TOOL, "run", f"{english_server}/openapi.json", "--url", str(english_server),
         "--max-examples", str(CASES // WITH_PARAMETERS + 1), "--phases", "examples,fuzzing",
         "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,"
         "response_schema_conformance,response_headers_conformance",
         "--mode", "all", "--request-timeout", "30", "--no-color", "--continue-on-failure",
         "--suppress-health-check", "all"],
        capture_output=True, text=True, timeout=3000, check=False, cwd=tmp_path,
    )  # fmt: skip
    report = done.stdout[-6000:]
    assert done.returncode == 0, report
    generated = int(re.search(r"([\d,]+) generated", done.stdout)[1].replace(",", ""))
    assert generated >= CASES, report
