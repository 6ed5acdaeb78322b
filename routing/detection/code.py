"""Sets program code aside: fenced, in backquotes, or lying bare between lines of prose.

Every step is linear in the length of the text; nothing here backtracks.
"""

import re

_FENCES = ("```", "~~~")
_DOCSTRINGS = ('"""', "'''")
_CODE_MARKS = re.compile(r"[;{}=<>()\[\]\\`~]|:\n")
_INLINE_CODE = re.compile(r"`[^`\n]{1,300}+`")
_IDENTIFIER = re.compile(
    r"(?<![A-Za-z0-9_.])(?:[A-Za-z]\w*)?_\w++"  # snake_case
    r"|(?<![A-Za-z0-9_.])[A-Za-z]\w*+(?:(?:\.|::|->)[A-Za-z_]\w*+)*+\([^()\n]{0,80}+\)"  # a.call(x)
    r"|(?<![A-Za-z0-9_.])[A-Za-z]\w*+(?:(?:::|->)\w++)++"  # std::vector
    r"|(?<![A-Za-z0-9_/.])(?:[.~]{0,2}+/[\w.-]++){2,}+"  # /usr/lib
    r"|(?<![A-Za-z0-9_-])--?[a-z][\w-]*+=?+"  # --flag
)
# Without one of these there is no identifier: 8 µs of a prompt with a number in brackets went on looking for one.
_SIGNS_OF_IDENTIFIER = ("_", "/", "-", "::")
_CALL = re.compile(r"\((?<=\w\()")
_STATEMENT = re.compile(
    r"""(?x)
    import\s+[\w.]++(?:\s+as\s+\w++)?+(?:\s*,\s*[\w.]++)*+;?+$
    | from\s+[\w.]++\s+import\b
    | (?:async\s+)?+def\s+\w++\s*+\(
    | class\s+\w++\s*+(?:[:({]|extends\b|implements\b|$)
    | (?:public|private|protected|static|final|abstract|export|pub|override)\s+\w++.*[({;=]
    | (?:const|let|var|val|auto|int|float|double|char|bool|void|string|long)\s+[\w{\[*&]++.*[=;({]
    | (?:function|func|fn|fun|sub|proc)\s+\w++\s*+[(<{]
    | (?:if|while|for|switch|elif|else\s+if|catch|foreach|until|unless)\s*+\(
    | (?:if|while|for|elif|with|when|case|match)\s.*[()\[\]=<>._"'].*[:{]$
    | for\s+\w++\s+in\s+\w++:$
    | (?:else|try|finally|pass|break|continue|do|begin|end|endif|fi|done|then|default|esac|repeat)\s*+[:;{]?+$
    | except\b[\w\s.,()]*+:$
    | (?:return|yield|raise|throw|await|del|assert|print|echo|puts|cout|new)\b\s*+(?:[\w.]++\s*+)?+[("'\[{;=+*/.<$-]
    | return(?:\s+[\w.]++)?+;?+$
    | \#\s*+(?:include|define|ifdef|ifndef|endif|pragma)\b | \#! | <\?php | <\?xml
    | (?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|CREATE\s+(?:TABLE|INDEX|VIEW)|ALTER\s+TABLE|DROP\s+TABLE
        |FROM|WHERE|GROUP\s+BY|ORDER\s+BY|HAVING|VALUES|LIMIT|(?:LEFT|RIGHT|INNER|OUTER)?+\s*+JOIN)\s
    | (?:\$|>>>|\.\.\.)\s
    | @\w++(?:[.(]|$)
    | [\w.$\[\]'"*&]++(?:\s*+:\s*+[\w.\[\]]++)?+\s*+(?:[-+*/%|&^]|<<|>>|\|\||&&|\?\?|:)?+=(?![=>])\s*+\S
    | [\w.$:]++\s*+\(.*\)\s*+[;,{]?+$
    | ["'][^"']{1,60}+["']\s*+:
    | [}\])]++[;,)]*+$ | [{\[]$
    | Traceback\s\( | File\s"[^"]*+",\sline | at\s[\w.$]++\( | [A-Z]\w*(?:Error|Exception|Warning):\s
    """
)
_STATEMENT_END = re.compile(r"(?:[{}]|=>|\)\s*+:|\\|;\s*+(?:do|then))$")
_SEMICOLON_END = re.compile(r"(?:[)\]}\"'\d];|^\S++(?:\s\S++)?+;)$")
_SETTING = re.compile(r"\s+[\w-]++:(?:\s|$)|[a-z][\w-]*+:$")  # a line of YAML
_COMMENT = re.compile(r"#(?!\w)|//|/\*|\*/|--\s|<!--|\"\"\"|'''")
_SYMBOLS = str.maketrans("", "", "{}()[]=<>;_&|+*/\\^%$#@~\"'`")
_DENSE = 0.2
_END_OF_QUESTION = re.compile(r"[?？:：;。！!؟।]\s")
# Thai and its like write no question mark: their letters end where code begins.
_END_OF_FOREIGN_LETTERS = re.compile(r"(?<=[\u0370-\u1dff\u2e80-\uffff])\s*+(?=[!-~])")
_ASCII_WORDS = re.compile(r"[a-z]+(?: [a-z]+)+", re.IGNORECASE)


def without_code(text: str) -> str:
    """The text without its code; line ends are kept. A question before code on the same line stays.

    Cost: 2 µs per kB of prose without a sign of code, about 30 µs per kB of code.
    """
    if not _CODE_MARKS.search(text) and "import " not in text:
        return text
    for fence in _FENCES:
        text = _without_enclosed(text, fence, to_the_end=True)
    text = _without_code_lines(text)
    if _may_hold_identifier(text):
        text = _IDENTIFIER.sub(" ", text)
    return _INLINE_CODE.sub(" ", text)


def _may_hold_identifier(text: str) -> bool:
    return any(map(text.__contains__, _SIGNS_OF_IDENTIFIER)) or _CALL.search(text) is not None


def _without_enclosed(text: str, fence: str, *, to_the_end: bool) -> str:
    """The text without what lies between two fences; an open fence reaches to the end, or means nothing."""
    parts = text.split(fence)
    if len(parts) % 2 == 0 and not to_the_end:
        return text
    return "\n".join(parts[::2])


def _without_code_lines(text: str) -> str:
    lines = text.split("\n")
    code = [_is_code(line) for line in lines]
    if not any(code):
        return text
    kept = []
    inside = False
    for line, is_code in zip(lines, code, strict=True):
        inside = is_code or (inside and _continues_code(line))
        kept.append(_question_before_code(line) if inside else line)
    return _without_enclosed("\n".join(kept), _DOCSTRINGS[0], to_the_end=False)


def _is_code(line: str) -> bool:
    """Whether a line is made of code, whatever stands around it."""
    if _SETTING.match(line):
        return True
    line = line.strip()
    if not line:
        return False
    if _STATEMENT.match(line) or _STATEMENT_END.search(line):
        return True
    if not line.isascii():  # a semicolon ends questions in Greek
        return False
    if ";" in line and _SEMICOLON_END.search(line):
        return True
    return 1 - len(line.translate(_SYMBOLS)) / len(line) >= _DENSE


def _continues_code(line: str) -> bool:
    """Whether a line after code belongs to it: empty, indented, or a comment."""
    return not line.strip() or line[0] in " \t" or _COMMENT.match(line) is not None


def _question_before_code(line: str) -> str:
    """What a line of code begins with, if that is prose: ``What is this: for(;;)`` keeps ``What is this``."""
    end = _END_OF_QUESTION.search(line) or _END_OF_FOREIGN_LETTERS.search(line)
    if end is None:
        return ""
    head = line[: end.start()]
    return head if not _is_code(head) and (_ASCII_WORDS.search(head) or not head.isascii()) else ""
