"""Makes the fonts of the charts: Noto Sans, cut down to what the charts write.

    pip install fonttools brotli
    python subset.py NotoSans[wdth,wght].ttf NotoSansMath-Regular.ttf NotoSansSymbols2-Regular.ttf

Noto Sans lacks a few signs (arrows, comparisons, ticks); they are taken from its sisters. Kerning
and ligatures are left out, so that a text is as wide in an SVG as in a PNG.
"""

import sys
from io import BytesIO

from fontTools import merge, subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180), *map(ord, "ΑΒΓΔΘΛΣΦΩαβγδελμρσθτφω–—‘’“”•…‰€−")]
MATH = list(map(ord, "←↑→↓≈≠≤≥∞"))
SYMBOLS = list(map(ord, "✓✗"))


def cut(font, code_points):
    """The font with these code points only, and no layout features."""
    options = subset.Options()
    options.layout_features = []
    options.drop_tables += ["GPOS", "GSUB", "GDEF", "MATH", "STAT", "meta"]
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    worker = subset.Subsetter(options)
    worker.populate(unicodes=code_points)
    worker.subset(font)
    buffer = BytesIO()
    font.save(buffer)
    buffer.seek(0)
    return buffer


def make(sans, math, symbols, weight, name):
    """Writes one weight as TrueType (for PNG) and as WOFF2 (for SVG)."""
    latin = instancer.instantiateVariableFont(
        TTFont(sans), {"wght": weight, "wdth": 100}, updateFontNames=False
    )
    parts = [cut(latin, LATIN), cut(TTFont(math), MATH), cut(TTFont(symbols), SYMBOLS)]
    font = merge.Merger().merge(parts)
    font["OS/2"].usWeightClass = weight
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    font.save(f"{name}.ttf")
    font.flavor = "woff2"
    font.save(f"{name}.woff2")


if __name__ == "__main__":
    files = sys.argv[1:4]
    make(*files, 400, "NotoSans-Regular")
    make(*files, 600, "NotoSans-SemiBold")
