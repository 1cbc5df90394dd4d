"""Templates: what they may do, what is refused and on which line, and what they leave behind."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.assurance.documents.template import MOST_CHARACTERS, read_template, render
from ops.supply_chain.core.errors import InputError

KNOWN = ("ACKNOWLEDGED_CVES", "COMPONENT_NAME", "HAS_RELEASE", "SBOM_LOCATION", "SUPPLY_CHAIN_STATUS")
CLAIMS = ("checksums-published", "signed-releases")
ONLY = "Only placeholders, if, else, and, or, not, and claim are allowed."


def filled(text: str, *, switch: bool = True, **values: str) -> str:
    template = read_template(text, name="T", known=KNOWN, claims=CLAIMS)
    texts = {name: f"<{name}>" for name in KNOWN if name != "HAS_RELEASE"} | values
    return render(
        template,
        {**texts, "HAS_RELEASE": switch},
        lambda claim, text, *, optional, appendix: f"{claim}:{text}:{optional}",
    )


def test_an_opensecops_template_works_unchanged() -> None:
    text = (
        "<!-- Rendered by a script; edit the template.\n     Two lines. -->\n\n# Security Policy: {{COMPONENT_NAME}}\n\n"
        "{{SUPPLY_CHAIN_STATUS}}\n\nSBOM: {{SBOM_LOCATION}}\n\n## Acknowledged {#anchor}\n\n{{ACKNOWLEDGED_CVES}}\n"
    )
    assert filled(text) == (
        "# Security Policy: <COMPONENT_NAME>\n\n<SUPPLY_CHAIN_STATUS>\n\nSBOM: <SBOM_LOCATION>\n\n"
        "## Acknowledged {#anchor}\n\n<ACKNOWLEDGED_CVES>\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\n{# remark #}\nb", "a\nb\n", id="a remark leaves no line"),
        pytest.param("a {# remark\nremark #}b", "a \nb\n", id="a remark over two lines"),
        pytest.param("{# first #}\nb", "b\n", id="a first remark is the author's comment"),
        pytest.param("b\n<!-- kept -->", "b\n<!-- kept -->\n", id="a later comment stays"),
        pytest.param("x\n{# a #} text {# b #}\nc", "x\n text \nc\n", id="text between two remarks stays"),
        pytest.param("x\n{# a\n{# b #}\nc", "x\nc\n", id="the first end ends a remark"),
        pytest.param("{#a" * 300_000, "{#a" * 300_000 + "\n", id="remarks without an end hold nothing up"),
        pytest.param(
            "{% if HAS_RELEASE %}\na\n{% else %}\nb\n{% endif %}\nc", "a\nc\n", id="tags on lines of their own"
        ),
        pytest.param("{% if not HAS_RELEASE %}a{% endif %}\nc", "c\n", id="a tag in a line"),
        pytest.param(
            "- {% claim 'signed-releases' %}x{% endclaim %}\n- y", "- signed-releases:x:False\n- y\n", id="claim"
        ),
        pytest.param(
            "{% claim 'signed-releases' optional %}\nx\ny\n{% endclaim %}\nz",
            "signed-releases:x\ny:True\nz\n",
            id="block",
        ),
        pytest.param(
            "{% claim 'signed-releases' %}{% endclaim %}\n\n## b", "signed-releases::False\n\n## b\n", id="only a claim"
        ),
        pytest.param("a\n\n\n\n\nb\n\n", "a\n\nb\n", id="no empty lines in a row"),
        pytest.param("a\r\nb", "a\nb\n", id="line ends"),
        pytest.param("\ufeffa", "a\n", id="byte order mark"),
        pytest.param("a\x00\x01\x02b", "ab\n", id="control characters"),
        pytest.param("{% raw %}{{X}}{% endraw %}", "{{X}}\n", id="raw"),
    ],
)
def test_what_a_template_leaves(text: str, expected: str) -> None:
    assert filled(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("a\n{{COMPONENT_NAM}}", "T line 2: unknown placeholder {{COMPONENT_NAM}}", "The nearest are COMPONENT_NAME, "),
        ("<!-- a\nb -->\n{{X}}", "T line 3: unknown placeholder {{X}}", "The nearest are "),
        ("{# a\nb #}\n\n{{X}}", "T line 4: unknown placeholder {{X}}", "The nearest are "),
        ("a\n{# a\nb #}\n{{X}}", "T line 4: unknown placeholder {{X}}", "The nearest are "),
        (
            "\n\n{% claim 'signed-release' %}{% endclaim %}",
            "T line 3: unknown claim 'signed-release'",
            "The nearest are signed-releases, checksums-published.",
        ),
        ("{{COMPONENT_NAME.__class__}}", "T line 1: getattr is not allowed in a template", ONLY),
        ("{{COMPONENT_NAME['x']}}", "T line 1: getitem is not allowed in a template", ONLY),
        ("{{COMPONENT_NAME|upper}}", "T line 1: filter is not allowed in a template", ONLY),
        ("{% include '/etc/passwd' %}", "T line 1: include is not allowed in a template", ONLY),
        ("{% import 'x' as y %}", "T line 1: import is not allowed in a template", ONLY),
        ("{% extends 'x' %}", "T line 1: extends is not allowed in a template", ONLY),
        ("{% set x = 1 %}", "T line 1: assign is not allowed in a template", ONLY),
        ("{% for x in COMPONENT_NAME %}{% endfor %}", "T line 1: for is not allowed in a template", ONLY),
        ("{% macro m() %}{% endmacro %}", "T line 1: macro is not allowed in a template", ONLY),
        ("{{ 'x' * 999999999 }}", "T line 1: mul is not allowed in a template", ONLY),
        ("{{ [1] }}", "T line 1: list is not allowed in a template", ONLY),
        (
            "a\n{{ '\\x01\\x02' }}",
            "T line 2: a value in quotes is not allowed in a template",
            "Write the text itself.",
        ),
        ("{{ none }}", "T line 1: a value in quotes is not allowed in a template", "Write the text itself."),
        ("{{ " + "9" * 5000 + " }}", "T: has a number that cannot be read", "A template has {{PLACEHOLDERS}}"),
        ("{{COMPONENT_NAME()}}", "T line 1: call is not allowed in a template", ONLY),
        ("a\n{% call COMPONENT_NAME() %}x{% endcall %}", "T line 2: callblock is not allowed in a template", ONLY),
        ("{% call(x=1) COMPONENT_NAME() %}x{% endcall %}", "T line 1: callblock is not allowed in a template", ONLY),
        (
            "{% call COMPONENT_NAME('signed-releases', HAS_RELEASE) %}x{% endcall %}",
            "T line 1: callblock is not allowed in a template",
            ONLY,
        ),
        (
            "{% call COMPONENT_NAME('signed-releases', false) %}x{% endcall %}",
            "T line 1: callblock is not allowed in a template",
            ONLY,
        ),
        ("{% autoescape true %}x{% endautoescape %}", "T line 1: scope is not allowed in a template", ONLY),
        ("{% filter upper %}x{% endfilter %}", "T line 1: filterblock is not allowed in a template", ONLY),
        (
            "{% claim 'signed-releases' %}{% claim 'checksums-published' %}{% endclaim %}{% endclaim %}",
            "T line 1: a claim inside another claim",
            "",
        ),
        (
            "{{HAS_RELEASE}}",
            "T: a switch (true or false) is used as text: use it in {% if ... %}",
            "",
        ),
        ("a\n{{", "T line 2: unexpected 'end of template'", "A template has {{PLACEHOLDERS}}"),
        (
            "{% claim x %}{% endclaim %}",
            "T line 1: expected token 'string', got 'x'",
            "A template has {{PLACEHOLDERS}}",
        ),
        (
            "x" * (MOST_CHARACTERS + 1),
            f"T: has {MOST_CHARACTERS + 1} characters; at most {MOST_CHARACTERS} are read",
            "",
        ),
        (
            "{% if HAS_RELEASE %}" * 3000 + "{% endif %}" * 3000,
            "T: is nested too deeply",
            "A template has {{PLACEHOLDERS}}",
        ),
        (
            "{% if HAS_RELEASE %}" * 110 + "{% endif %}" * 110,
            "T: is nested too deeply",
            "A template has {{PLACEHOLDERS}}",
        ),
        (
            f"{{% if {'not ' * 300}HAS_RELEASE %}}x{{% endif %}}",
            "T: is nested too deeply",
            "A template has {{PLACEHOLDERS}}",
        ),
        (
            f"{{% if HAS_RELEASE %}}x{'{% elif HAS_RELEASE %}y' * 2000}{{% endif %}}",
            "T: is nested too deeply",
            "A template has {{PLACEHOLDERS}}",
        ),
        (
            "{% endclaim %}" + "{% claim 'signed-releases' %}" * 20_000,
            "T line 1: Encountered unknown tag 'endclaim'.",
            "",
        ),
    ],
)
def test_what_is_refused(text: str, message: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        filled(text)
    assert caught.value.message == message
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize("value", ["{{HAS_RELEASE}}", "{% include 'x' %}", "{# x #}", "${7*7}"])
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    assert filled("{{COMPONENT_NAME}}", COMPONENT_NAME=value) == f"{value}\n"


def test_claims_are_told_with_their_lines() -> None:
    text = "<!-- x -->\na\n{% claim 'signed-releases' optional %}{% endclaim %}{% claim 'checksums-published' %}{% endclaim %}"
    claims = read_template(text, name="T", known=KNOWN, claims=CLAIMS).claims
    assert [(one.id, one.line, one.optional) for one in claims] == [
        ("signed-releases", 3, True),
        ("checksums-published", 3, False),
    ]


PIECES = (
    *("call", "endcall", "claim 'signed-releases'", "claim HAS_RELEASE", "endclaim", "if HAS_RELEASE", "elif", "else"),
    *("endif", "for x in COMPONENT_NAME recursive", "endfor", "macro m(x=m)", "endmacro", "block b", "endblock"),
    *("raw", "endraw", "with x = 1", "endwith", "autoescape false", "endautoescape", "filter upper", "endfilter"),
    *("set x", "endset", "set x = x", "include x", "extends x", "import x as x", "from x import x", "do x", "debug"),
    *("call(x) COMPONENT_NAME(*x, **x)", "call COMPONENT_NAME(1)()", "print COMPONENT_NAME", "trans", "pluralize"),
)
WORDS = (
    *("COMPONENT_NAME", "HAS_RELEASE", "self", "loop", "caller()", "none", "1", "9" * 5000, "'a'", "()", "[", "{1: 2}"),
    *(
        "|upper",
        "|none",
        ".x",
        "['x']",
        "[1:2]",
        "(1)",
        "(*x)",
        " is none",
        " is none none",
        " ~ ",
        " ** 9",
        " // 0",
        "not ",
    ),
    *(" if ", " else ", ", ", " in ", "-", "(", ")", "\\", "\n", "\x00", "é", "%", "}"),
)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_template_contains_it_is_filled_or_refused(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a reproducible order
    refused = 0
    for _ in range(250):
        parts = []
        for _ in range(chance.randint(1, 5)):
            words = "".join(chance.choices(WORDS, k=chance.randint(1, 4)))
            parts.append(
                chance.choice(
                    [f"{{% {chance.choice(PIECES)} %}}", f"{{{{ {words} }}}}", f"{{% if {words} %}}x{{% endif %}}"]
                )
            )
        try:
            filled("\n".join(parts))
        except InputError as error:
            refused += error.message.startswith("T")
    assert refused > 200
