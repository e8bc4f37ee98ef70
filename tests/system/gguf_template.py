"""A GGUF file with another chat template: everything else stays as it is, byte for byte."""

import struct

ALIGNMENT = 32
FIXED = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
STRING, ARRAY = 8, 9
KEY = b"tokenizer.chat_template"


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, form):
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def text(self):
        length = self.number("<Q")
        self.at += length
        return bytes(self.data[self.at - length : self.at])

    def pass_over(self, kind):
        if kind == STRING:
            self.text()
        elif kind == ARRAY:
            item, count = self.number("<I"), self.number("<Q")
            if item in FIXED:
                self.at += FIXED[item] * count
            else:
                for _ in range(count):
                    self.pass_over(item)
        else:
            self.at += FIXED[kind]


def pair(key, text):
    return struct.pack("<Q", len(key)) + key + struct.pack("<IQ", STRING, len(text)) + text


def with_template(data, template, tool_use=None):
    """What was written of tensors is relative to where they begin, which is aligned: only the head changes."""
    reader = Reader(memoryview(data))
    reader.at = 8
    tensors, pairs = reader.number("<Q"), reader.number("<Q")
    made = bytearray(data[: reader.at])
    found = False
    for _ in range(pairs):
        began = reader.at
        key, kind = reader.text(), reader.number("<I")
        assert key != b"general.alignment", "this file is aligned otherwise"
        reader.pass_over(kind)
        if key != KEY:
            made += data[began : reader.at]
            continue
        found = True
        made += pair(KEY, template.encode())
    assert found, "the file has no chat template"
    if tool_use is not None:
        made += pair(KEY + b".tool_use", tool_use.encode())
        struct.pack_into("<Q", made, 16, pairs + 1)
    began = reader.at
    for _ in range(tensors):
        reader.text()
        extents = reader.number("<I")
        reader.at += 8 * extents + 4 + 8
    made += data[began : reader.at]
    made += bytes(-len(made) % ALIGNMENT)
    return bytes(made) + data[reader.at + -reader.at % ALIGNMENT :]
