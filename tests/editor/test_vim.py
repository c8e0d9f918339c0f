"""The keys of vim, as tables of a text, keys, and the text after them; ``|`` is the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.ui.widgets.editorvim import VimMachine
from tests.editor.sheets import TextSheet, keys_of

PARAGRAPHS = "a\nb\n\nc|c\ndd\n\n\ne"

MOVES = [
    ("|one two", "w", "one |two"),
    ("|one-two", "w", "one|-two"),
    ("|one-two x", "W", "one-two |x"),
    ("|one\n\n  two", "ww", "one\n\n  |two"),
    ("one |two", "w", "one tw|o"),
    ("|one two", "e", "on|e two"),
    ("on|e two-x y", "E", "one two-|x y"),
    ("one two|", "b", "one |two"),
    ("a\n  |b", "b", "|a\n  b"),
    ("a.b c|d", "BB", "|a.b cd"),
    ("|模型 done", "w", "模型 |done"),
    ("  on|e", "0", "|  one"),
    ("  on|e", "^", "  |one"),
    ("|one", "$", "on|e"),
    ("|a\nb\nc", "G", "a\nb\n|c"),
    ("a\nb\n|c", "gg", "|a\nb\nc"),
    ("|a\nb\nc", "2G", "a\n|b\nc"),
    ("|abcd\nx\nabcd", "3ljj", "abcd\nx\nabc|d"),
    ("|abc\nx\nabcd", "$jj", "abc\nx\nabc|d"),
    (PARAGRAPHS, "}", "a\nb\n\ncc\ndd\n|\n\ne"),
    (PARAGRAPHS, "{", "a\nb\n|\ncc\ndd\n\n\ne"),
    ("|a.b.c.d", "f.;", "a.b|.c.d"),
    ("|a.b.c.d", "t.;", "a.|b.c.d"),
    ("a.b.c.|d", "F.;,", "a.b.c|.d"),
    ("a.b.c|.d", "T.", "a.b.|c.d"),
    ("x|(a (b) c)", "%", "x(a (b) c|)"),
    ("x(a (b) c|)", "%", "x|(a (b) c)"),
    ("|a\nb\nc", "majj`a", "|a\nb\nc"),
    ("a\n  |b\nc", "magg'a", "a\n  |b\nc"),
    ("a\nb|\nc", "H", "|a\nb\nc"),
    ("|a\nb\nc", "L", "a\nb\n|c"),
    ("|a\n  b", "<enter>", "a\n  |b"),
    ("one tw|o", "gege", "|one two"),
    ("a-b c|d", "gE", "a-|b cd"),
    ("a|b  ", "0g_", "a|b  "),
    ("|A b. C\nd? E\n\nF", ")))", "A b. C\nd? E\n|\nF"),
    ("A b. C\nd? E\n\n|F", "(((", "A b. |C\nd? E\n\nF"),
    ("a\nb\n|c", "gg''", "a\nb\n|c"),
]
CHANGES = [
    ("|one two", "dw", "|two"),
    ("one |two\nx", "dw", "one| \nx"),
    ("|a b c d", "d2w", "|c d"),
    ("|a b c d", "2dw", "|c d"),
    ("a|bc", "x", "a|c"),
    ("ab|c", "X", "a|c"),
    ("|abc", "2x.", "|"),
    ("a|bc\nd", "D", "|a\nd"),
    ("|a\nb\nc", "dd", "|b\nc"),
    ("a\nb\n|c", "dd", "a\n|b"),
    ("|a", "dd", "|"),
    ("|a\nb\nc\nd", "2dd.", "|"),
    ("a\n|b\nc", "dj", "|a"),
    ("a\nb|b\nc", "dgg", "|c"),
    ("|one two", "cwnew<esc>", "ne|w two"),
    ("|one two three", "cwX<esc>w.", "X |X three"),
    ("|one", "Cx<esc>", "|x"),
    ("  o|ne\nx", "ccnew<esc>", "  ne|w\nx"),
    ("a|b", "sxy<esc>", "ax|y"),
    ("a (b| c) d", "ci(x<esc>", "a (|x) d"),
    ("a (b| c) d", "dab", "a | d"),
    ('say "he|llo" now', 'di"', 'say "|" now'),
    ('say "he|llo" now', 'da"', "say |now"),
    ("run `a|b` now", "ci`c<esc>", "run `|c` now"),
    ("one t|wo three", "diw", "one | three"),
    ("one t|wo three", "daw", "one |three"),
    ("one t|wo", "daw", "on|e"),
    (PARAGRAPHS, "dip", "a\nb\n\n|\n\ne"),
    (PARAGRAPHS, "dap", "a\nb\n\n|e"),
    ("|a b", "dt x", "|b"),
    ("|abc def", "dtd", "|def"),
    ("|abc def", "dfd", "|ef"),
    ("ab|c", "d0", "|c"),
    ("a\n|b\n\nc", "d}", "a\n|\nc"),
    ("a(b|c)d", "d%", "a|)d"),
    ("|a", "ofoo<esc>", "a\nfo|o"),
    ("  |a", "Ofoo<esc>", "  fo|o\n  a"),
    ("|a", "A!<esc>j.", "a!|!"),
    ("a|b", "i-<esc>", "a|-b"),
    ("a|b", "a-<esc>", "ab|-"),
    ("  a|b", "I-<esc>", "  |-ab"),
    ("|x", "3iab<esc>", "ababa|bx"),
    ("|a\nb", "yyjp", "a\nb\n|a"),
    ("|a\nb", "yyjP", "a\n|a\nb"),
    ("|ab", "xp", "b|a"),
    ("|one two", "yiwwP", "one on|etwo"),
    ("|a\nb", "ddp", "b\n|a"),
    ("|a\nb", "Y2p", "a\n|a\na\nb"),
    ("|a\nb", '"qyyj"Qyy"qp', "a\nb\n|a\nb"),
    ("|a b", '"_dwp', "|b"),
    ("|a\n  b\nc", "J", "a| b\nc"),
    ("|a\nb\nc", "3J", "a b| c"),
    ("|abc", "rx", "|xbc"),
    ("|abc", "2rx", "x|xc"),
    ("|aBc", "~~", "Ab|c"),
    ("|one two", "gUiw", "|ONE two"),
    ("|ONE TWO", "guw", "|one TWO"),
    ("|a\nb", ">>", "  |a\nb"),
    ("|a\nb", ">j.", "    |a\n    b"),
    ("    |a", "<<", "  |a"),
    ("|abc", "xu", "|abc"),
    ("|abc", "xxuu<ctrl+r>", "|bc"),
    ("|a", "onew line<esc>u", "|a"),
    ("|one two three", "dw..", "|"),
    ("|abcdef", "Rxy<backspace>z<esc>", "x|zcdef"),
    ("|abcd\nefgh", "Rxy<esc>j0.", "xycd\nx|ygh"),
    ("a|b", "Rx<backspace><backspace>y z<esc>u", "a|b"),
    ("a|b", "Rxyz<enter>q<esc>", "axyz\n|q"),
    ("|a\nb", "gJ", "a|b"),
    ("|a b\nc", "wifoo<esc>jgi-<esc>", "a foo|-b\nc"),
    ("  |a", "gIx<esc>", "|x  a"),
    ("|a", "3ob<esc>", "a\nb\nb\n|b"),
    ("|a", "2Ob<esc>.", "b\nb\n|b\nb\na"),
    ("|x", "2a-<esc>", "x-|-"),
    ("|A b. C d.  E", "d)", "|C d.  E"),
    ("A b. C |d.  E", "das", "A b. |E"),
    ("A b. C |d.  E", "cisX<esc>", "A b. |X  E"),
    ("A b. C d.  |E", "das", "A b. C d|."),
    ("|a = f(b, c)", "ci(x<esc>", "a = f(|x)"),
    ("|loss 9, lr 0", "<ctrl+a>w2<ctrl+x>", "loss 10, lr -|2"),
    ("|abc", '2"qx"qP', "a|bc"),
]
VISUAL = [
    ("|abc def", "vey", "|abc def"),
    ("|abc def", "wviwd", "abc| "),
    ("|abcd", "vlld", "|d"),
    ("|a\nb\nc", "Vjd", "|c"),
    ("|a\nb\nc", "VGy", "|a\nb\nc"),
    ("|a\nb\nc", "Vj>", "  |a\n  b\nc"),
    ("|a\nb\nc", "VjJ", "a| b\nc"),
    ("|one two", "veU", "|ONE two"),
    ("|one two", "vecxx<esc>", "x|x two"),
    ("a (b| c)", "vi(y", "a (|b c)"),
    ("a|bc", "vohd", "|c"),
    ("|one two", "yiwwviwp", "one on|e"),
    ("|abc", "vlrx", "|xxc"),
    ("|abc", "vl<esc>", "a|bc"),
    ("|a\nb\nc", "Vj>3G.", "  a\n  b\n  |c"),
    ("|a\nb\nc\nd", "Vjd.", "|"),
    ("|abcdef", "vld.", "|ef"),
    ("|ab cd", "vlcx<esc>w.", "x |x"),
    ("a|b\nc", "v$d", "a|c"),
    ("|ab\nc\nde", "v$jd", "|de"),
    ("|abc", "vl<esc>0gvd", "|c"),
    ("|abc", "vlAx<esc>", "ab|xc"),
    ("a|bc", "vlIx<esc>", "a|xbc"),
    ("|a\nb", "VRx<esc>", "|x\nb"),
    ("a. |b. c", "visd", "a. | c"),
]
UNKNOWN = [
    ("|a b", "qaq:2<enter>", "|a b"),
    ("|a b", "@x", "|a b"),
    ("|a b", "gqip", "|a b"),
    ("|a b", "=ap", "|a b"),
    ("|a b", "zo", "|a b"),
    ("|a b", "gra", "|a b"),
    ("|a b", "<ctrl+w>o", "|a b"),
    ("|a b", "<ctrl+v>", "|a b"),
    ("|a b", "vzfd", "| b"),
    ("|a b", "!ip", "|a b"),
    ("|a b", "dQ", "|a b"),
    ("|a b", "U", "|a b"),
]
LINES = [
    ("|a a\na", ":%s/a/b/g<enter>", "b b\n|b"),
    ("|a a\na", ":s/a/b<enter>", "|b a\na"),
    ("|ab\nab", r":%s/(a)(b)/\2\1/<enter>", "ba\n|ba"),
    ("|x/y", r":s/\//-/<enter>", "|x-y"),
    ("|a\nb\nc", ":2<enter>", "a\n|b\nc"),
    ("|a\nb\nc", ":$<enter>", "a\nb\n|c"),
    ("|a\nb\nc", ":2,3d<enter>", "|a"),
    ("|a\nb\nc", "Vj:s/$/!/<enter>", "a!\n|b!\nc"),
    ("|a\nb", ":%s/a/b/<enter>u", "|a\nb"),
    ("|a", ":w<backspace><backspace>x", "|"),
]


def drive(marked: str, keys: str) -> tuple[TextSheet, VimMachine]:
    sheet = TextSheet(marked)
    vim = VimMachine(sheet)
    vim.start()
    vim.key("escape")
    row, column = TextSheet(marked).cursor
    sheet.cursor = row, min(column, max(0, len(sheet.lines[row]) - 1))
    for key in keys_of(keys):
        if not vim.key(key) and vim.mode == "INSERT":
            sheet.type(key)
    return sheet, vim


@pytest.mark.parametrize(("before", "keys", "after"), MOVES + CHANGES + VISUAL + LINES)
def test_keys_do_as_in_vim(before: str, keys: str, after: str) -> None:
    assert drive(before, keys)[0].marked == after


@pytest.mark.parametrize(("before", "keys", "after"), UNKNOWN)
def test_what_is_not_here_is_said_and_none_of_its_keys_is_a_command(
    before: str, keys: str, after: str
) -> None:
    sheet, vim = drive(before, keys)
    assert (sheet.marked, vim.mode, len(sheet.told)) == (after, "NORMAL", 1)


def test_words_typed_behind_an_operator_are_looked_for() -> None:
    for keys in ("d/", "v/", "q/", "3/"):
        sheet, vim = drive("|a b", keys)
        assert (sheet.marked, sheet.sought, vim.mode) == ("|a b", [False], "NORMAL")
    for keys in ("d:", "2:", "q:", "v:"):
        sheet, vim = drive("|a b", keys)
        assert vim.prompt in (":", ":.,.+1", ":'<,'>")
        assert (vim.key("left"), vim.key("ctrl+s")) == (True, False)


def test_what_the_pane_is_asked() -> None:
    for keys, asked in (
        (":w", "save"),
        (":q", "leave"),
        (":wq", "leave"),
        (":q!", "discard"),
        (":x", "leave"),
    ):
        assert drive("|a", keys + "<enter>")[0].asked == [asked]
    assert drive("|a", "ZZ")[0].asked == ["leave"]
    assert drive("|a", "gf")[0].asked == ["link"]


def test_modes_and_waiting_keys_are_told() -> None:
    _, vim = drive("|a b", "")
    said = [vim.words]
    for key in ("2", "d", "escape", "v", "V", "V", "i", "escape", ":", "w"):
        vim.key(key)
        said.append(vim.words + vim.prompt)
    expected = "NORMAL|NORMAL 2|NORMAL 2d|NORMAL|VISUAL|V-LINE|NORMAL|INSERT|NORMAL|COMMAND:|COMMAND:w"
    assert said == expected.split("|")
    vim.key("escape")
    assert vim.mode == "NORMAL"
    assert vim.key("escape")  # no command of whoever is around
    assert vim.mode == "NORMAL"
    assert not vim.key("ctrl+s")  # means what it means in any editor


def test_searching_and_the_clipboard() -> None:
    sheet, _ = drive("one |two\ntwo", "*nN/?n")
    assert sheet.sought == [("two", True), 1, 1, -1, False, True, -1]
    sheet, _ = drive("|one\ntwo", '"+yyj"+p')
    assert (sheet.board, sheet.marked) == ("one\n", "one\ntwo\n|one")


def test_wrong_lines_say_what_is_wrong() -> None:
    for line in (":nonsense", ":set nu", ":se", ":s/x/y/", ":s/(/y/", ":'zd", ":s//y/", ":%s/a/b/q"):
        sheet, _ = drive("|a", line + "<enter>")
        assert len(sheet.told) == 1
        assert sheet.marked == "|a"


def test_selections_are_shown() -> None:
    sheet, _ = drive("a|bcd", "vl")
    assert sheet.selection == ((0, 1), (0, 3))
    sheet, _ = drive("ab|cd", "vh")
    assert sheet.selection == ((0, 3), (0, 1))
    sheet, _ = drive("a\nb|b\nc", "Vk")
    assert sheet.selection == ((1, 2), (0, 0))


KEYS = st.lists(
    st.sampled_from([*"hjklwbeWBE0^$GgdcyxXDCsSrJpPuvViaoOAI.;,fFtT%{}<>~m'`\"12:/nNUq()[]R@=Zs\n", "escape", "ctrl+r",
                     "ctrl+a", "g", "enter", "backspace", "up", "down", "ctrl+d", "tab", "delete", " "]),
    max_size=40,
)  # fmt: skip


@settings(max_examples=50)
@given(st.text(alphabet='ab (\n)"-模e\u0301', max_size=40), KEYS)
def test_no_keys_break_it_and_all_can_be_undone(text: str, keys: list[str]) -> None:
    sheet = TextSheet(text)
    vim = VimMachine(sheet)
    vim.start()
    for key in keys:
        if not vim.key(key) and vim.mode == "INSERT":
            sheet.type(key)
    vim.stop()
    for _ in range(len(keys) + 1):
        sheet.undo()
    assert "\n".join(sheet.lines) == text
