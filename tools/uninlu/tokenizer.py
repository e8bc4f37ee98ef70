"""BERT's tokenizer (basic split, then WordPiece) with the place of every token in the submitted text, in code points.

Equal to Hugging Face's fast BertTokenizer, control tokens in the text apart: they stay text here.
"""

import unicodedata

HAN = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))
PAD, UNK, CLS, SEP, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
LONGEST_WORD = 100
SPACE, ALONE, DROP, JOIN = range(4)


def kind_of(char):
    """What a character does to the words around it."""
    code = ord(char)
    if char in "\t\n\r" or char == " ":
        return SPACE
    if code in (0, 0xFFFD):
        return DROP
    category = unicodedata.category(char)
    if category.startswith("C") and category != "Cn" or category == "Cn" and False:
        return DROP
    if category == "Zs" or char.isspace():
        return SPACE
    if any(low <= code <= high for low, high in HAN):
        return ALONE
    if 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126 or category.startswith("P"):
        return ALONE
    return JOIN


def plain(char):
    """A character in lower case without its marks; may be none or several."""
    decomposed = unicodedata.normalize("NFD", char)
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn").lower()


class Tokenizer:
    def __init__(self, path, lower_case=True):
        with open(path, encoding="utf-8") as file:
            self.vocab = {line.rstrip("\n"): number for number, line in enumerate(file)}
        self.lower_case = lower_case
        self.pad, self.unk, self.cls, self.sep, self.mask = (self.vocab[name] for name in (PAD, UNK, CLS, SEP, MASK))
        self._chars = {}

    def _char(self, char):
        """(kind, what the character becomes) once the text is clean."""
        found = self._chars.get(char)
        if found is None:
            shown = plain(char) if self.lower_case else char
            kinds = [kind_of(c) for c in shown]
            found = kind_of(char), shown, kinds
            self._chars[char] = found
        return found

    def words(self, text):
        """[(word, [place of each of its characters])]."""
        word, places = [], []
        for at, char in enumerate(text):
            kind, shown, kinds = self._char(char)
            if kind == DROP:
                continue
            if kind == SPACE:
                if word:
                    yield "".join(word), places
                    word, places = [], []
                continue
            for c, each in zip(shown, kinds):
                if kind == ALONE or each == ALONE or each == SPACE:
                    if word:
                        yield "".join(word), places
                        word, places = [], []
                    if each != SPACE:
                        yield c, [at]
                else:
                    word.append(c)
                    places.append(at)
        if word:
            yield "".join(word), places

    def pieces(self, text):
        """[(id, start, end)] without [CLS] and [SEP]."""
        found = []
        for word, places in self.words(text):
            if len(word) > LONGEST_WORD:
                found.append((self.unk, places[0], places[-1] + 1))
                continue
            split = self._split(word)
            if split is None:
                found.append((self.unk, places[0], places[-1] + 1))
            else:
                found += [(number, places[a], places[b - 1] + 1) for number, a, b in split]
        return found

    def _split(self, word):
        if len(word) == 1:
            number = self.vocab.get(word)
            return None if number is None else [(number, 0, 1)]
        found, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                number = self.vocab.get(("##" if start else "") + word[start:end])
                if number is not None:
                    break
            else:
                return None
            found.append((number, start, end))
            start = end
        return found

    def encode(self, text, most=None):
        """(ids, [(start, end)]) with [CLS] and [SEP], whose places are (0, 0); cut to `most` ids."""
        found = self.pieces(text)
        if most is not None:
            found = found[: most - 2]
        ids = [self.cls, *(number for number, _, _ in found), self.sep]
        return ids, [(0, 0), *((a, b) for _, a, b in found), (0, 0)]
