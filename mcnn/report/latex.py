"""A table of results as LaTeX that can be pasted; it needs the packages booktabs and graphicx."""

from collections.abc import Sequence
from itertools import groupby

import pandas as pd

SHORT = {
    **{"background": "bkg", "aeroplane": "aero", "motorbike": "mbike", "bicycle": "bike"},
    **{"diningtable": "table", "pottedplant": "plant", "tvmonitor": "tv"},
}
"""Headings of classes, as the paper's tables have them."""
SPECIAL = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        **{"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"},
    }
)
PLUS_MINUS = " ± "
MEAN_IOU = "IoU"
"""What a column is called of which the group has the name."""
MINUS = r"$-$"


def latex_table(
    cells: pd.DataFrame, numeric: Sequence[str], groups: Sequence[str], caption: str, label: str
) -> str:
    """A floating table.

    Parameters
    ----------
    cells
        Its texts; ``mean ± deviation`` is aligned at the sign.
    numeric
        Columns that are aligned to the right.
    groups
        Heading above each column, empty for none; equal ones that follow each other are one. Below
        it a column is called by the rest of its name.
    caption, label
        Of the table; the caption is plain text.
    """
    paired = [cells[name].str.contains(PLUS_MINUS, regex=False).any() for name in cells]
    spans = [2 if pair else 1 for pair in paired]
    formats = [
        "r@{}l" if pair else "r" if name in numeric else "l"
        for name, pair in zip(cells, paired, strict=True)
    ]
    lines = [
        r"\begin{table}",
        r"\centering\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{escaped(caption)}}}",
        rf"\label{{tab:{label}}}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{@{{}}{''.join(formats)}@{{}}}}",
        r"\toprule",
        *_group_lines(groups, spans),
        _row(_headings(cells, numeric, groups, spans)),
        r"\midrule",
        *(
            _row([_cell(text, bool(pair)) for text, pair in zip(row, paired, strict=True)])
            for row in cells.itertuples(index=False, name=None)
        ),
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Plain text for LaTeX.

    Examples
    --------
    >>> escaped("voc_val & 50 %")
    'voc\\\\_val \\\\& 50 \\\\%'
    """
    return text.translate(SPECIAL).replace("±", r"$\pm$").replace("–", "--")


def _group_lines(groups: Sequence[str], spans: Sequence[int]) -> list[str]:
    """The line of headings above columns, and the rules below them; none without headings."""
    if not any(groups):
        return []
    headings, rules, first = [], [], 1
    for group, members in groupby(range(len(groups)), key=lambda k: groups[k]):
        span = sum(spans[k] for k in members)
        if group:
            headings.append(rf"\multicolumn{{{span}}}{{c}}{{{escaped(group)}}}")
            rules.append(rf"\cmidrule(lr){{{first}-{first + span - 1}}}")
        else:
            headings += [""] * span
        first += span
    return [_row(headings), " ".join(rules)]


def _headings(
    cells: pd.DataFrame, numeric: Sequence[str], groups: Sequence[str], spans: Sequence[int]
) -> list[str]:
    headings = []
    for name, group, span in zip(map(str, cells), groups, spans, strict=True):
        rest = name.removeprefix(group).replace("_", " ").strip() or MEAN_IOU
        text = escaped(SHORT.get(name, rest))
        if span == 2:
            text = rf"\multicolumn{{2}}{{c}}{{{text}}}"
        elif name in numeric:
            text = rf"\multicolumn{{1}}{{r}}{{{text}}}"
        headings.append(text)
    return headings


def _cell(text: str, paired: bool) -> str:
    mean, sign, deviation = text.partition(PLUS_MINUS)
    # At the beginning of a row a bracket would be an option of the line break.
    shown = escaped(mean).replace("[", "{[}", 1)
    if shown.startswith("-") and shown[1:2].isdigit():
        shown = MINUS + shown[1:]
    if not paired:
        return shown
    return f"{shown} & " + (rf"$\,\pm\,${deviation}" if sign else "")


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
