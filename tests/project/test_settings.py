"""Settings files: layers, and errors that name file, line, key and the nearest valid key."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlws_tui.config.load import load, load_settings
from mlws_tui.config.resources import user_folder
from mlws_tui.config.schema import Settings, all_settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.config.yamlfile import MAX_BYTES


def sentences(workspace: Workspace, text: str | bytes) -> list[str]:
    workspace.config.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [problem.sentence() for problem in load_settings(workspace, ["mlws-dark", "mlws-light"])[1]]


def test_without_files_the_defaults_hold(own_environment) -> None:
    assert load_settings(None) == (Settings(), [])


def test_the_workspace_comes_over_the_person(workspace: Workspace) -> None:
    user_folder().mkdir(parents=True)
    (user_folder() / "config.yaml").write_text("theme: mlws-light\ngpu:\n  interval: 2\n")
    workspace.config.write_text("gpu: {interval: 0.5}\n")
    loaded = load(workspace)
    assert loaded.problems == ()
    assert (loaded.settings.theme, loaded.settings.gpu.interval) == ("mlws-light", 0.5)
    origins = {item.setting.key: item.origin for item in loaded.effective}
    assert origins["theme"] == f"{user_folder() / 'config.yaml'}, line 1"
    assert origins["gpu.interval"] == f"{workspace.config}, line 1"
    assert origins["runs.lost_after"] == "default"


def test_a_wrong_key_is_named_with_file_line_and_the_nearest_one(workspace: Workspace) -> None:
    (said,) = sentences(workspace, "# mine\ntheme: mlws-light\ngpu:\n  intervall: 2\n")
    assert (
        said == f"{workspace.config}, line 4: there is no setting gpu.intervall (did you mean gpu.interval?)"
    )
    assert load(workspace).settings.theme == "mlws-light"


def test_a_key_outside_its_group_finds_the_group(workspace: Workspace) -> None:
    (said,) = sentences(workspace, "interval: 2\n")
    assert "line 1" in said
    assert "did you mean gpu.interval?" in said


@pytest.mark.parametrize(
    "value", ["fast", "[1]", "{a: 1}", "true", "0", "61", "'1'", ".nan", ".inf", "12:30"]
)
def test_a_wrong_value_keeps_the_default_of_that_key_alone(workspace: Workspace, value: str) -> None:
    (said,) = sentences(workspace, f"theme: mlws-light\ngpu:\n  interval: {value}\n")
    assert said.startswith(f"{workspace.config}, line 3: gpu.interval must be a number from 0.2 to 60")
    assert "1.0 is used" in said
    loaded = load(workspace)
    assert (loaded.settings.theme, loaded.settings.gpu.interval) == ("mlws-light", 1.0)


def test_an_unknown_theme_is_told_with_the_nearest(workspace: Workspace) -> None:
    (said,) = sentences(workspace, "theme: mlws-dork\n")
    assert "there is no theme 'mlws-dork' (did you mean mlws-dark? mlws-dark is used)" in said


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("theme: [mlws-dark\n", 2, "not valid YAML"),
        ("\tgpu: 1\n", 1, "not valid YAML"),
        ("gpu: 3\n", 1, "a group of settings"),
        ("- theme\n", 1, "keys and values"),
        ("theme: mlws-light\ntheme: mlws-dark\n", 2, "set twice"),
        ("theme: &a x\ngpu: *a\n", 2, "aliases"),
        ("theme: !!python/name:os.system x\n", 1, "tags"),
        ("theme: a\n---\ntheme: b\n", 2, "second document"),
        ("x: " + "[" * 40 + "]" * 40, 1, "nested too deep"),
        (b"theme: a\n\xff\xfe: b\n", 2, "not UTF-8"),
        ("? [a]\n: b\n", 1, "a key must be a plain text"),
    ],
)
def test_a_broken_file_is_named_with_its_line(
    workspace: Workspace, text: str | bytes, line: int, what: str
) -> None:
    said = sentences(workspace, text)
    assert any(f"{workspace.config}, line {line}: " in one and what in one for one in said), said


def test_a_huge_file_and_a_folder_are_refused(workspace: Workspace) -> None:
    (said,) = sentences(workspace, b"#" * (MAX_BYTES + 1))
    assert "larger than 64 KB" in said
    workspace.config.unlink()
    workspace.config.mkdir()
    assert load_settings(workspace)[0] == Settings()
    assert len(load_settings(workspace)[1]) == 1


def test_words_that_older_yaml_takes_for_truths_stay_words(workspace: Workspace) -> None:
    workspace.config.write_text("theme: no\nruns: {lost_after: 1e3}\n")
    loaded = load(workspace)
    assert (loaded.settings.theme, loaded.settings.runs.lost_after) == ("no", 1000.0)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(workspace: Workspace) -> None:
    assert sentences(workspace, b"\xef\xbb\xbftheme: mlws-light\r\n") == []


_KEYS = st.sampled_from([*all_settings(), "gpu", "runs", "them", "", "gpu.interval.x"]) | st.text(max_size=8)
_VALUES = st.none() | st.integers() | st.floats() | st.text(max_size=12) | st.booleans()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200)
    | st.dictionaries(_KEYS, _VALUES).map(lambda d: repr(d).encode("utf-8", "replace"))
)
def test_no_content_raises_and_the_result_is_always_valid(workspace: Workspace, data: bytes) -> None:
    workspace.config.write_bytes(data)
    loaded = load(workspace)
    assert 0.2 <= loaded.settings.gpu.interval <= 60
    assert 10 <= loaded.settings.runs.lost_after <= 604_800
    assert all(str(workspace.config) in problem.title for problem in loaded.problems)
