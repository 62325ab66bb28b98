"""Settings: flags before environment before file, and mistakes said with a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.config import ConfigError, load_config


def config_file(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_flags_outrank_environment_outranks_file(tmp_path: Path) -> None:
    path = config_file(tmp_path, "threshold = 0.1\njobs = 1\nmail_time_s = 3\n")
    config = load_config(
        path, {"threshold": 0.9, "jobs": None}, {"TOCSIN_THRESHOLD": "0.5", "TOCSIN_JOBS": "7"}
    )
    assert (config.threshold, config.jobs, config.mail_time_s) == (0.9, 7, 3.0)


def test_paths_stand_beside_the_file(tmp_path: Path) -> None:
    assert load_config(config_file(tmp_path, 'people = "p.toml"'), {}, {}).people == tmp_path / "p.toml"
    assert load_config(None, {"people": Path("p.toml")}, {"TOCSIN_CONFIG": ""}).people == Path("p.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("treshold = 0.4", "unknown setting 'treshold'; did you mean 'threshold'"),
        ("colour = 1", "unknown setting 'colour'; known: people, vendors"),
        ("threshold = 2", "threshold is 2.0; expected 0 to 1"),
        ("jobs = 'many'", "wrong type"),
        ("authserv_ids = ['']", "expected the name of a server"),
        ("authserv_ids = ['mx.house.example; dkim']", "expected the name of a server"),
        ("threshold = ", "is not valid TOML"),
    ],
)
def test_mistakes_are_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("(", r"\(")):
        load_config(config_file(tmp_path, text), {}, {})


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load_config(tmp_path / "none.toml", {}, {})


def test_the_environment_is_checked_too() -> None:
    with pytest.raises(ConfigError, match="unknown setting 'TOCSIN_TRESHOLD'; did you mean 'threshold'"):
        load_config(None, {}, {"TOCSIN_TRESHOLD": "0.4"})
    assert load_config(None, {}, {"TOCSIN_CORPUS": "elsewhere"}).threshold == 0.5
