"""settings: the nearest folder wins, and a broken file is named with its key."""

import pytest

from asobna.errors import ConfigError
from asobna.settings import Settings, find_settings


def test_the_nearest_settings_win(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.asobna]\nlang = "en"\nignore = ["S"]\n')
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_settings(inner) == Settings(
        ignore=("S",), lang="en", path=tmp_path / "pyproject.toml"
    )
    (tmp_path / "a" / "asobna.toml").write_text('select = ["E"]\n')
    assert find_settings(inner) == Settings(select=("E",), path=tmp_path / "a" / "asobna.toml")


def test_a_pyproject_of_others_is_passed_over(tmp_path):
    (tmp_path / "asobna.toml").write_text('lang = "en"\n')
    inner = tmp_path / "a"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert find_settings(inner).lang == "en"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nope = 1", "asobna.toml: unknown setting 'nope'; settings are select, ignore, lang"),
        ("lang = 1", "asobna.toml: 'lang' must be a string"),
        ('select = "E"', "asobna.toml: 'select' must be a list of strings"),
        ("select = [1]", "asobna.toml: 'select' must be a list of strings"),
        ("select = [", "asobna.toml: "),
    ],
)
def test_broken_settings_name_file_and_key(tmp_path, content, message):
    (tmp_path / "asobna.toml").write_text(content)
    with pytest.raises(ConfigError) as error:
        find_settings(tmp_path)
    assert message in str(error.value)
