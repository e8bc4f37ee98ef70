"""ONNX files with nothing but Python: the few messages of onnx.proto that a graph needs, written as protobuf writes them.

The same graph is the same bytes wherever it is made, so that its hash can be pinned; and whoever makes it installs nothing.
"""

import struct

FLOAT, INT64 = 1, 7  # TensorProto.DataType


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, body):
    body = body.encode() if isinstance(body, str) else body
    return varint(field << 3 | 2) + varint(len(body)) + body


def _attribute(name, value):
    """An integer, a list of them, a float or a text."""
    if isinstance(value, float):
        rest = varint(2 << 3 | 5) + struct.pack("<f", value) + number(20, 1)
    elif isinstance(value, int):
        rest = number(3, value) + number(20, 2)
    elif isinstance(value, str):
        rest = message(4, value) + number(20, 3)
    else:
        rest = b"".join(number(8, one) for one in value) + number(20, 7)
    return message(1, name) + rest


def _tensor(name, kind, shape, raw):
    return b"".join(number(1, extent) for extent in shape) + number(2, kind) + message(8, name) + message(9, raw)


def _value(name, kind, shape):
    """An extent that is a text is free, and called so."""
    dims = b"".join(message(1, message(2, one) if isinstance(one, str) else number(1, one)) for one in shape)
    return message(1, name) + message(2, message(1, number(1, kind) + message(2, dims)))


class Graph:
    """Nodes in the order in which they are computed. add() and the makers of constants give the name of what they make."""

    def __init__(self, name):
        self._name, self._nodes, self._constants, self._inputs, self._outputs, self._count = name, [], [], [], [], 0

    def input(self, name, kind, shape):
        self._inputs.append(_value(name, kind, shape))
        return name

    def output(self, name, kind, shape):
        self._outputs.append(_value(name, kind, shape))

    def floats(self, name, shape, raw):
        """raw: little-endian float32, row after row."""
        self._constants.append(_tensor(name, FLOAT, shape, bytes(raw)))
        return name

    def float(self, name, value):
        return self.floats(name, [], struct.pack("<f", value))

    def integer(self, name, value):
        self._constants.append(_tensor(name, INT64, [], struct.pack("<q", value)))
        return name

    def integers(self, name, values):
        self._constants.append(_tensor(name, INT64, [len(values)], struct.pack(f"<{len(values)}q", *values)))
        return name

    def add(self, op, *inputs, made=None, **attributes):
        self._count += 1
        made = made or f"{op}_{self._count}"
        body = b"".join(message(1, one) for one in inputs) + message(2, made) + message(3, f"{op}_{self._count}") + message(4, op)
        self._nodes.append(body + b"".join(message(5, _attribute(*one)) for one in sorted(attributes.items())))
        return made

    def file(self, producer, opset, version=10):
        """Piece by piece: the weights are large."""
        parts = [message(1, one) for one in self._nodes] + [message(2, self._name)]
        parts += [message(5, one) for one in self._constants]
        parts += [message(11, one) for one in self._inputs] + [message(12, one) for one in self._outputs]
        yield number(1, version) + message(2, producer) + message(8, message(1, "") + number(2, opset))
        yield varint(7 << 3 | 2) + varint(sum(map(len, parts)))
        yield from parts
