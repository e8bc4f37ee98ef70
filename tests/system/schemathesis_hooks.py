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


def all_objects(value):
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def leave_out_tools(body):
    """Whether a chat template has a place for them no schema can say; that of the model that is served has none. What is wrong stays so."""
    for owner in (body, *(one for one in body.get("messages") or [] if isinstance(one, dict))):
        owner.update({name: [] for name in ("tools", "functions", "tool_calls") if all_objects(owner.get(name))})
        if owner is not body and isinstance(owner.get("function_call"), dict):
            owner["function_call"] = {}
        if owner.get("role") in ("tool", "function"):
            owner["role"] = "user"


def leave_tools_open(body, anthropic):
    choice = body.get("tool_choice")
    if anthropic and isinstance(choice, dict) and choice.get("type") in ("any", "tool"):
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
    if not case.path.startswith(("/v1/", "/api/llm/")) or not isinstance(case.body, dict):
        return
    if isinstance(case.body.get("logit_bias"), dict):
        case.body["logit_bias"] = in_vocabulary(case.body["logit_bias"])
    anthropic = case.path.startswith("/v1/messages")
    if anthropic or case.path == "/v1/chat/completions":
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
