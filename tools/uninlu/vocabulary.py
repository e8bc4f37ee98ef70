"""Makes vocab.txt in WordPiece form: every character of the texts, Latin letters, digits and signs also as continuations."""

from collections import Counter

from tokenizer import ALONE, JOIN, kind_of, plain

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ALWAYS = "“”‘’—…·《》〈〉「」『』【】、。，！？：；（）～￥％＋＝＜＞＃＆＠＊／－＿｜±×÷°℃①②③④⑤⑥⑦⑧⑨⑩ⅠⅡⅢⅣⅤ★☆●○■□▲△→←↑↓√「」"


def build(texts, names, least=2, least_in_names=3):
    """`texts` decide with `least` occurrences, `names` (lists of words) with `least_in_names`."""
    counts, named = Counter(), Counter()
    for text in texts:
        counts.update(c for char in text for c in plain(char))
    for word in names:
        named.update(c for char in word for c in plain(char))
    chars = {c for c, n in counts.items() if n >= least} | {c for c, n in named.items() if n >= least_in_names}
    chars |= set(plain(ALWAYS)) | {chr(code) for code in range(33, 127)} | {chr(code) for code in range(0xFF10, 0xFF1A)} | {chr(code) for code in range(0xFF41, 0xFF5B)}
    chars = sorted(c for c in set("".join(plain(c) for c in chars)) if kind_of(c) in (ALONE, JOIN))
    return SPECIAL + chars + ["##" + c for c in chars if kind_of(c) == JOIN]
