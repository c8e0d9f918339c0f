"""Names of metrics as texts write them, and which names are surely metrics or surely none."""

from __future__ import annotations

import re

from mlws_tui.domain.extraction.vocabulary import METRIC, NEVER, QUALIFIERS, RESULT, SPEED

MAX_NAME = 200

_PHASES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "eval": "eval",
    "evaluation": "eval",
    "test": "test",
    "testing": "test",
}
#: A phase that stands apart from the names it is for: ``[Val] loss: 0.3``, ``Test set: Accuracy: 91%``.
PHASE = re.compile(
    r"(?<![\w/])(train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?|test(?:ing)?)(?![\w/=.-])", re.I
)

_WORDS = re.compile(r"[/_.\s@\-:']+|(?<=[a-z])(?=[A-Z])")
_NEVER_ENDS = re.compile(
    r"(?:^|[_ ])(?:id|pid|port|size|dir|path|version|date|rank|seed|epochs?|eta|index|idx|count|dim|layers?|heads"
    r"|workers|timeout)\Z"
    r"|^(?:num|n|max|min|total_num|number|total)_(?!.*(?:loss|reward|return|score))",
)
_SETTING = re.compile(
    r"(?:weights?|coeff?|threshold|lambda|type|fn|function|patience|target|goal|delta|every|freq|interval|code)\Z"
    r"|^(?:target|min|max)_|^precision\Z"
)
_GLUED = re.compile(r"[a-z](?:Epochs?|epochs?|[Ss]teps?|Train|Test|Iter|Val)\Z")
#: ``valid_1Train_epoch`` is of two lines that were glued together; ``ms_per_step`` is a time.
_COUNTS = re.compile(
    r"(?<!per_)(?<!/)(?:epochs?|steps?|iterations?)\Z|[(][^)]*\Z|\.py\Z|pid\Z|_(?:to|at|is|of|in|from)\Z"
)

_IDENTIFIER = re.compile(r"[A-Za-z_][\w@./%#+()\-]*\Z")
_OWNER = re.compile(r"(\w+)'s ")
_INNER = re.compile(r"[_/.]|[a-z][A-Z]")


def _owned(owner: re.Match[str]) -> str:
    """``valid's auc`` is of a phase, ``valid_1's auc`` of a data set of that name."""
    return owner[1] + (" " if owner[1].lower() in _PHASES else "/")


def metric_name(raw: str) -> str:
    """The name of a series for what a text calls it; empty where that cannot be a name.

    Identifiers stay as they are; words are written small, a phase before them becomes ``train/``, ``val/``, ``eval/``
    or ``test/``, and ``_`` joins them.
    """
    raw = raw.strip().strip("'\"*`")
    if not raw or len(raw) > MAX_NAME or not (raw[0].isalpha() or raw[0] == "_"):
        return ""
    words = _OWNER.sub(_owned, raw).split()
    if len(words) == 1:
        if not _IDENTIFIER.match(words[0]):
            return ""
        return words[0] if _INNER.search(words[0]) else words[0].lower()
    words = [word.strip("()[]'\"*").rstrip(".") for word in words]
    if not all(_IDENTIFIER.match(word) for word in words):
        return ""
    if "/" not in words[0]:
        words = [word if _INNER.search(word) else word.lower() for word in words]
    phase = _PHASES.get(words[0], "")
    return f"{phase}/{'_'.join(words[1:])}" if phase else "_".join(words)


def phase_of(word: str) -> str:
    """``val/`` and the like for a phase's word; empty for training, whose names need none."""
    phase = _PHASES.get(word.lower(), "")
    return f"{phase}/" if phase and phase != "train" else ""


def names_phase(name: str) -> bool:
    """Whether the name tells its phase itself: ``val_loss``."""
    return any(word in _PHASES for word in _WORDS.split(name.lower()))


def is_metric(name: str) -> bool:
    """Whether people would call this a metric wherever it stands: a loss, an accuracy, a score."""
    return any(word.lower() in METRIC for word in _WORDS.split(name))


def is_result(name: str) -> bool:
    """Whether all its words say that it is a result: ``val/macro_f1``, but not ``loss_weight`` or ``min_score``."""
    words = [word for word in _WORDS.split(name) if word and not word.isdigit()]
    small = [word.lower() for word in words]
    return (
        any(word in RESULT for word in small)
        and all(word in RESULT or word in QUALIFIERS or word == "best" or word in _PHASES for word in small)
        and small[0] not in ("min", "max", "per")
    )


def is_setting(name: str) -> bool:
    """Whether it sounds like a setting although a metric is in it: ``loss_weight``, ``precision`` (of 16 bits)."""
    return _SETTING.search(name.lower()) is not None


def is_speed(name: str) -> bool:
    """Whether it belongs to a line of training without being a result: a rate, a norm, a time."""
    return any(word.lower() in SPEED for word in _WORDS.split(name))


def is_counter(name: str) -> bool:
    """Whether it is a counter, an address or a time left, even where a rule says that metrics stand."""
    low = name.lower().rpartition("/")[2]
    return (
        low in NEVER
        or _GLUED.search(name) is not None
        or (_COUNTS.search(low) is not None and not is_metric(name))
    )


def is_denied(name: str) -> bool:
    """Whether it is one of those, or sounds like a setting, or is a mere phase, and never is a metric."""
    if is_counter(name) or name.lower() in _PHASES:
        return True
    return not is_metric(name) and _NEVER_ENDS.search(name.lower().rpartition("/")[2]) is not None


def _qualifies(word: str, before: str) -> bool:
    small = word.lower().strip("().")
    if small == "loss":
        return before.lower() in ("scale", "ppl", "weight", "value")
    return word.endswith("'s") or small in QUALIFIERS


def own_words(run: str) -> str:
    """Of words before a value those that are its name: ``finished Train Loss`` gives ``Train Loss``.

    Where the last word is no metric, all of them.
    """
    words = run.split(" ")
    if len(words) < 2 or (not is_metric(words[-1]) and not is_speed(words[-1])):
        return run
    first = len(words) - 1
    while first and _qualifies(words[first - 1], words[first]):
        first -= 1
    return " ".join(words[first:])
