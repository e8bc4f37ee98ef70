"""Requests of one odd thing each (security.md, section 5A): bytes, and the status that they deserve.

KEY stands for an API key. What is accepted has the status of its route; `debug http1-dump` then finds it well formed.
"""

KEY = b"@KEY@"
HOST = b"Host: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def get(fields=b"", line=b"GET /version HTTP/1.1", host=HOST):
    return line + b"\r\n" + host + fields + b"\r\n"


def post(fields, body=b"", version=b"1.1"):
    return b"POST /v1/chat/completions HTTP/" + version + b"\r\n" + HOST + b"X-API-Key: " + KEY + b"\r\n" + fields + b"\r\n" + body


def chunked(body):
    return post(CHUNKED, body)


def refused(*inputs, status=400):
    return [(data, status) for data in inputs]


JSON = b'{"messages":[]}'  # understood, and refused for what it says: 400 all the same, but the connection goes on
LENGTH = b"Content-Length: 5\r\n"

BOTH_FRAMINGS = [
    data
    for length in (LENGTH, b"content-length:0\r\n", b"CONTENT-LENGTH: \t5\r\n", b"Content-Length:\r\n", b"Content-Length: 5, 5\r\n", b"Content_Length: 5\r\n")
    for coding in (CHUNKED, b"transfer-encoding:chunked\r\n", b"TRANSFER-ENCODING: CHUNKED\r\n", b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding:\r\n", b"Transfer-Encoding: \x0bchunked\r\n")
    for data in (post(length + coding, b"0\r\n\r\n"), post(coding + b"X: y\r\n" + length, b"0\r\n\r\n"))
]
LENGTHS = [
    b"", b" ", b"+5", b"-5", b"-0", b"0x5", b"5_0", b"_5", b"5, 5", b"5,5", b"5,", b"5 5", b"5\t5", b"5;", b"5a", b"5.0", b"5e0", b"\xd9\xa5", b"five",
    b"18446744073709551616", b"18446744073709551621", b"99999999999999999999", b"00000000000000000005", b"5\x00", b"'5'",
]  # fmt: skip
CODINGS = [
    b"", b" ", b"xchunked", b"chunke", b"chunkedx", b"chunked, identity", b"identity", b"gzip", b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b"chunked,", b",chunked",
    b"chunked;q=1", b'"chunked"', b"chu nked", b"\x0bchunked", b"chunked\x00", b"\xc2\xa0chunked", b"deflate", b"trailers",
]  # fmt: skip
SIZES = [
    b"", b"g", b"0x5", b"+5", b"-5", b" 5", b"5 ", b"5\t", b"5 x", b"5_0", b"5,", b"5.", b"00000000000000005", b"10000000000000000", b"5;", b"5;;a", b"5;=b", b"5;a=", b'5;a="b', b"5;a b",
    b'5;a="\x01"', b"5;a\x00b", b"5;a\rb", b"5;a\nb", b"5;" + b"a" * 1024, b"\xef\xbc\x95",
]  # fmt: skip
CHUNK_ENDS = [
    b"5\nhello\r\n0\r\n\r\n", b"5\rhello\r\n0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\r\nhello\r0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b"5\r\nhello\r\r\n0\r\n\r\n", b"4\r\nhello\r\n0\r\n\r\n",
    b"0\n\n", b"0\r\n\n", b"0\r\n\rX", b"0\r\n X: y\r\n\r\n", b"0\r\nX : y\r\n\r\n", b"0\r\n: y\r\n\r\n", b"0\r\nX\r\n\r\n", b"0\r\nX: y\r\n z\r\n\r\n", b"0\r\nX: a\nY: b\r\n\r\n", b"0\r\nX: \x00\r\n\r\n",
    b"0\r\nContent-Length: 5\r\n\r\n", b"0\r\nContent_Length: 5\r\n\r\n", b"0\r\nTransfer-Encoding: chunked\r\n\r\n", b"0\r\nHost: b\r\n\r\n",
]  # fmt: skip
LINE_ENDS = [
    b"GET / HTTP/1.1\nHost: a\n\n", b"GET / HTTP/1.1\r\nHost: a\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\n", b"GET / HTTP/1.1\rHost: a\r\r", b"GET / HTTP/1.1\r\n\rHost: a\r\n\r\n", b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", b" GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /\r\n HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]  # fmt: skip
CONTROLS = [c for c in range(32) if c != 9] + [127]
LINES = (
    LINE_ENDS
    + [get(b"X: a" + bytes([c]) + b"b\r\n") for c in CONTROLS]
    + [get(b"X" + bytes([c]) + b"Y: b\r\n") for c in CONTROLS]
    + [get(line=b"GET /a" + bytes([c]) + b"b HTTP/1.1") for c in CONTROLS]
    + [get(fields) for fields in (b"X: a\r\n b\r\n", b"X: a\r\n\tb\r\n", b"X:\r\n a\r\n", b"X: a\r\n \r\n", b"X: a\nContent-Length: 5\r\n", b"X: a\rContent-Length: 5\r\n")]
)
NAMES = [b"X : y", b"X\t: y", b" X: y", b": y", b"no colon", b"X", b"X Y: z", b"X\xc3\xa9: y", *(b"X" + bytes([c]) + b": y" for c in b'(),/;<=>?@[\\]{}"')]
HOSTS = [
    b"", b" ", b"localhost/v1/models?", b"a/", b"a?b", b"a#b", b"a\\b", b"a@b", b"user:pw@a", b"a b", b"a,b", b"a, a", b"a:x", b"a:-1", b"a:65536", b"a:123456", b"a:80:80", b":80", b"http://a", b"%61", b"a%00", b"a|b", b"<a>",
    b'"a"', b"\xc3\xa9", b"[::1", b"::1", b"[::g]", b"[]", b"[::1]x", b"[v1.x]", b"a;b", b"a'b", b"a(b)", b"a*",
]  # fmt: skip
ABSOLUTE = [
    b"http://b/version", b"http://a:81/version", b"https://a:80/version", b"http://u@a/version", b"http://a@b/version", b"http:///version", b"http://:80/", b"http:/version", b"http:version", b"ftp://a/version", b"a/version", b"version", b"a:80", b"http://a#/",
    b"http://a\\@b/", b"http://%61/version",
]  # fmt: skip
TARGETS = [
    b"/a#b", b"/a|b", b'/a"b', b"/<a>", b"/a>b", b"/a b", b"/a\tb", b"/\xe4\xb8\xad", b"/\xff", b"/%", b"/%4", b"/%zz", b"/%00", b"/a?%00", b"/a?b=%0", b"/a\\b", b"/a?b\\c", b"/{a}", b"/^", b"/`", b"/a?b#c", b"*", b"",
]  # fmt: skip
METHOD_LINES = [
    b"G(T /version HTTP/1.1", b"GET  /version HTTP/1.1", b"GET /version  HTTP/1.1", b"GET /version HTTP/1.1 ", b"GET /version http/1.1", b"GET /version HTTP/11", b"GET /version HTTP/1.1x", b"GET /version HTTP/1", b"GET /version HTTP/1.", b"GET /version HTTP/.1",
    b"GET /version HTTP/01.1", b"GET /version HTTP /1.1", b"GET /version HTTPS/1.1", b"GET /version", b"GET", b"GET\t/version\tHTTP/1.1", b"\xc7ET /version HTTP/1.1", b"GET/version HTTP/1.1", b" /version HTTP/1.1",
]  # fmt: skip
UNKNOWN_METHODS = [b"BREW", b"get", b"Get", b"GETT", b"PROPFIND", b"X", b"CONNECT", b"trace", b"M-SEARCH", b"GET!"]
VERSIONS = [b"HTTP/0.9", b"HTTP/1.2", b"HTTP/1.9", b"HTTP/2.0", b"HTTP/3.0", b"HTTP/9.9"]
FIELD = b"X: y\r\n"


def head_of(size):
    """A head of exactly so many bytes, no line of it too long."""
    long = (b"X: " + b"a" * 10000 + b"\r\n") * 3
    return get(long + b"Y: " + b"a" * (size - len(get(long)) - 5) + b"\r\n")


LARGE = [
    (get(line=b"GET /" + b"a" * 8179 + b" HTTP/1.1"), 414),
    (b"G" * 9000, 414),
    (get(FIELD * 100), 431),
    (get(b"X: " + b"a" * 16382 + b"\r\n"), 431),
    (get((b"X: " + b"a" * 8000 + b"\r\n") * 5), 431),
    (head_of(32 * 1024 + 1), 431),
]

REFUSED = {
    "A1 two framings": refused(*BOTH_FRAMINGS),
    "A2 Content-Length": refused(
        *(post(b"Content-Length: " + value + b"\r\n", b"hello") for value in LENGTHS),
        *(post(LENGTH + other, b"hello") for other in (LENGTH, b"content-length: 5\r\n", b"X: y\r\nContent-Length: 6\r\n", b"Content_Length: 5\r\n")),
        post(b"Content_Length: 5\r\n", b"hello"),
    ),
    "A3 Transfer-Encoding": refused(
        *(post(b"Transfer-Encoding: " + value + b"\r\n", b"0\r\n\r\n") for value in CODINGS),
        *(post(CHUNKED + other, b"0\r\n\r\n") for other in (CHUNKED, b"transfer-encoding: chunked\r\n", b"Transfer-Encoding: identity\r\n", b"X: y\r\n" + CHUNKED)),
        post(b"Transfer_Encoding: chunked\r\n", b"0\r\n\r\n"),
        post(CHUNKED, b"0\r\n\r\n", version=b"1.0"),
        post(b"Transfer-Encoding: identity\r\n", version=b"1.0"),
    ),
    "A4 chunks": refused(*(chunked(size + b"\r\nhello\r\n0\r\n\r\n") for size in SIZES), *(chunked(body) for body in CHUNK_ENDS)),
    "A5 lines": refused(*LINES),
    "A6 names": refused(*(get(name + b"\r\n") for name in NAMES)),
    "A7 Host": refused(
        *(get(host=b"Host: " + value + b"\r\n") for value in HOSTS),
        *(get(line=b"GET " + target + b" HTTP/1.1") for target in ABSOLUTE),
        get(host=b""),
        get(HOST),
        get(b"hOST: b\r\n"),
        get(HOST, line=b"GET /healthz HTTP/1.0"),
        get(line=b"GET /healthz HTTP/1.0", host=b"Host:\r\n"),
    ),
    "A8 target": refused(*(get(line=b"GET " + target + b" HTTP/1.1") for target in TARGETS)),
    "A8 request line": refused(*(get(line=line) for line in METHOD_LINES)),
    "A8 methods": refused(*(get(line=name + b" /version HTTP/1.1") for name in UNKNOWN_METHODS), b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", status=501),
    "A8 versions": refused(*(get(line=b"GET /version " + version) for version in VERSIONS), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status=505),
    "A8 Expect": refused(get(b"Expect: 200-ok\r\n"), get(b"Expect: \r\n"), post(b"Expect: 100-continue, x\r\n" + LENGTH), status=417),
    "A9 limits": LARGE,
    "A9 trailers": refused(chunked(b"0\r\n" + FIELD * 101 + b"\r\n"), chunked(b"0\r\nX: " + b"a" * 16382 + b"\r\n\r\n")),  # a body that is malformed
}

ACCEPTED = {
    "A2 Content-Length": [
        (post(b"Content-Length:" + value + b"\r\n", JSON), 400) for value in (b"15", b" 15", b" 15 ", b"\t15", b" 0000000000000000015")
    ],
    "A3 Transfer-Encoding": [(post(name + b"\r\n", b"f\r\n" + JSON + b"\r\n0\r\n\r\n"), 400) for name in (b"Transfer-Encoding:chunked", b"transfer-encoding: CHUNKED \t")],
    "A4 chunks": [
        (chunked(size + b"\r\n" + JSON + b"\r\n0\r\nX: y\r\n\r\n"), 400) for size in (b"f", b"F", b"00000000000000f", b"f;a", b'f;a=b;c="d;\\"e"', b"f ; a = b", b"f;" + b"a" * 1023)
    ],
    "A5 lines": [(get(fields), 200) for fields in (b"X: a\tb\r\n", b"X: \xe4\xb8\xad\xff\r\n", b"X:\r\n", b"X: \t \r\n")] + [(b"\r\n" + get(), 200)],
    "A6 names": [(get(b"!#$%&'*+-.^_`|~09azAZ: y\r\n"), 200)],
    "A7 Host": [
        *((get(host=b"Host: " + value + b"\r\n"), 200) for value in (b"a", b"A.example:8080", b"a:", b"127.0.0.1:80", b"[::1]:80", b"xn--a_b.c")),
        *((get(line=b"GET " + target + b" HTTP/1.1"), 200) for target in (b"http://a/version", b"HTTP://A:80/version", b"http://a:/version?x=http://b/")),
        (get(line=b"GET https://a/version HTTP/1.1", host=b"Host: a:443\r\n"), 200),
    ],
    "A8 target": [
        *((get(line=b"GET /version" + tail + b" HTTP/1.1"), 200) for tail in (b"?a=%E4%B8%AD", b"?b[]=1&c={d}", b"?a?b", b"?")),
        *((get(line=b"GET " + target + b" HTTP/1.1"), 404) for target in (b"/%76ersion/x", b"//version", b"/;v=1/@:!$&'()*+,=", b"/v1/models/a%2Fb%2fc/d")),
    ],
    "A8 known methods": [(get(line=name + b" /version HTTP/1.1"), 405) for name in (b"TRACE", b"OPTIONS", b"PUT", b"PATCH", b"DELETE", b"POST", b"QUERY")],
    "A9 limits": [(head_of(32 * 1024), 200), (get(FIELD * 99), 200), (get(b"X: " + b"a" * 16381 + b"\r\n"), 200), (get(line=b"GET /version?" + b"a" * 8170 + b" HTTP/1.1"), 200)],
}
