"""What schemathesis is told beside the document: keep the model's work small, which is not what is looked at here."""

import itertools
import re

import schemathesis

TOKENS = 49152  # of the model that is served; how many there are no schema can say
FEW, MOST = 2, 2_147_483_647  # tokens


def is_count(value):
    whole = isinstance(value, int) and not isinstance(value, bool) or isinstance(value, float) and value.is_integer()
    return whole and 1 <= value <= MOST


def has_huge_number(value):
    if isinstance(value, (dict, list)):
        return any(map(has_huge_number, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int) and not -(1 << 63) <= value < 1 << 64


def in_vocabulary(biases):
    """The same biases, for tokens that there are."""
    if not all(re.fullmatch("0|[1-9][0-9]{0,8}", name) for name in biases) or len(biases) > 300:
        return biases
    known = {}
    for name, bias in biases.items():
        token = int(name) % TOKENS
        while str(token) in known:
            token = (token + 1) % TOKENS
        known[str(token)] = bias
    return known


def is_allowed(case):
    """By the document: what is not must be refused, and stays as it is."""
    return any(body.get_validator().is_valid(case.body) for body in case.operation.body)


def is_of_tools(block):
    return isinstance(block, dict) and block.get("type") in ("tool_use", "tool_result")


def leave_out_tools(body):
    """Whether a chat template has a place for them no schema can say; that of the model that is served has none. Nor can a schema say that
    a result is one of a call that stands before it."""
    body.update({name: [] for name in ("tools", "functions") if body.get(name)})
    for message in body["messages"]:
        message.update({name: [] for name in ("tool_calls",) if message.get(name)})
        message.update({name: {} for name in ("function_call",) if message.get(name)})
        if message["role"] in ("tool", "function"):
            message["role"] = "user"
        if isinstance(message.get("content"), list):
            message["content"] = [{"type": "text", "text": "x"} if is_of_tools(block) else block for block in message["content"]]


def leave_tools_open(body, anthropic):
    choice = body.get("tool_choice")
    if anthropic and choice and choice["type"] in ("any", "tool"):
        choice["type"] = "auto"
    for name in ("tool_choice", "function_call") if not anthropic else ():
        if body.get(name) == "required" or isinstance(body.get(name), dict):
            body[name] = "auto"


@schemathesis.hook
def filter_body(context, body):
    # Where an object of any shape is allowed. RFC 8259, section 6: a receiver may limit the range of numbers; ours is 64 bits.
    return not has_huge_number(body)


KEYS = itertools.count(1)


def ask_for_another(headers):
    """A key of a call that is made once, as another one: who comes with it again asks for the same call, which no schema can say."""
    given = (headers or {}).get("Idempotency-Key")
    if isinstance(given, str) and re.fullmatch("[ -~]{1,255}", given):
        headers["Idempotency-Key"] = f"call {next(KEYS)}"


@schemathesis.hook
def before_call(context, case, **kwargs):
    ask_for_another(case.headers)
    if case.path.startswith("/v2/") and "/generate" in case.path and isinstance(case.body, dict):
        parameters = case.body.setdefault("parameters", {})
        if isinstance(parameters, dict) and (is_count(parameters.get("max_tokens")) or parameters.get("max_tokens", 1) == 1):
            parameters["max_tokens"] = FEW
    if not case.path.startswith(("/v1/", "/api/llm/")) or not isinstance(case.body, dict):
        return
    if isinstance(case.body.get("logit_bias"), dict):
        case.body["logit_bias"] = in_vocabulary(case.body["logit_bias"])
    anthropic = case.path.startswith("/v1/messages")
    if (anthropic or case.path == "/v1/chat/completions") and is_allowed(case):
        leave_out_tools(case.body)
        leave_tools_open(case.body, anthropic)
    # What is out of range stays so: it must be refused.
    limits = [name for name in ("max_tokens", "max_completion_tokens") if is_count(case.body.get(name))]
    for name in limits:
        case.body[name] = min(case.body[name], FEW)
    if len(limits) == 2:  # both must say the same, which no schema can
        case.body["max_completion_tokens"] = case.body["max_tokens"]
    if not anthropic and not limits and "max_tokens" not in case.body and "max_completion_tokens" not in case.body:
        case.body["max_tokens"] = FEW
