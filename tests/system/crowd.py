"""What one client of a crowd asks for, drawn at random over all dialects, and whether what it was told is right."""

import json
from dataclasses import dataclass, field

import jsonschema_rs
from house import MODEL

CAPITALS = {
    "France": "Paris", "Italy": "Rome", "Germany": "Berlin", "Spain": "Madrid", "Japan": "Tokyo", "Russia": "Moscow", "Egypt": "Cairo",
    "China": "Beijing", "England": "London", "Austria": "Vienna", "Portugal": "Lisbon", "Greece": "Athens",
}  # fmt: skip
CHAT, TEXT, GENERATE, MESSAGES = PATHS = "/v1/chat/completions", "/v1/completions", "/api/llm/generate", "/v1/messages"
WORDS = "the lighthouse keeper counted ships and lamps in winter while 北京 naïve café 😀 ropes barrels of oil drifted past rock number".split()
STOPS = [".", ",", "\n", " the", "ing", " lighthouse", "e", "是", "XYZ"]
SCHEMAS = [
    {"type": "object", "properties": {"city": {"type": "string", "maxLength": 10}, "people": {"type": "integer", "minimum": 0, "maximum": 9}}, "required": ["city", "people"], "additionalProperties": False},
    {"type": "array", "items": {"enum": ["tea", "coffee", "水"]}, "minItems": 1, "maxItems": 4},
    {"anyOf": [{"type": "boolean"}, {"const": "neither"}]},
]
LONGEST_COUNT = 40  # tokens
SURE = 1.0  # nats between the best token and the next
# What several clients begin with alike: it is computed once and copied.
BEGINNINGS = ["Part %d. " % number + " ".join(f"Rule {i}: a ship of class {i} carries {number * i + 3} lamps." for i in range(16)) for number in range(3)]


@dataclass
class Wish:
    path: str
    body: dict
    stream: bool
    begins: str = ""  # what each answer must begin with, as far as both go
    names: str = ""  # the one city that each answer must name
    stops: list = field(default_factory=list)
    schema: dict | None = None
    hang_up: float | None = None  # after so many events of a stream, or seconds of a whole answer; < 0: in the middle of the body

    @property
    def choices(self):
        return self.body.get("n", 1)

    @property
    def allowed(self):
        return self.body["max_tokens"]

    @property
    def scored(self):
        return self.body.get("logprobs") not in (None, False)


def counting(chance):
    """The beginning of a count of any length, and how it goes on."""
    first = chance.randint(1, 60)
    last = first + int(6 * 1.06 ** chance.randint(0, 50))
    return "Counting: " + ", ".join(map(str, range(first, last + 1))) + ",", "".join(f" {i}," for i in range(last + 1, last + 60))


def sure_part(text, scored):
    """As far as a completion is the model's clear choice: where two tokens are about as good, the order of additions decides, and so who else is
    computed with them."""
    for token, offset, best in zip(scored["tokens"], scored["text_offset"], scored["top_logprobs"], strict=True):
        first, second = sorted(best.values(), reverse=True)[:2]
        if first - second < SURE or best.get(token) != first:
            return text[:offset]
    return text


class Wishes:
    """Draws them; countries are those whose capital the model knows, counts (beginning, how it surely goes on) those that it can continue.
    Those of first (path, stream, hang_up) come first, in their order."""

    def __init__(self, chance, countries, counts, first=()):
        self.chance, self.countries, self.counts, self.first = chance, countries, counts, list(first)

    def draw(self):
        if self.first:
            path, stream, hang_up = self.first.pop(0)
            wish = self.free(path)
            wish.stream, wish.hang_up = stream, hang_up
            if stream and path in (CHAT, TEXT):
                wish.body["stream_options"] = {"include_usage": True}
            return wish
        wish = self.chance.choice([self.capital, self.count, self.count, self.free, self.free, self.free, self.schema])()
        wish.stream = self.chance.random() < 0.5
        if wish.stream and wish.path in (CHAT, TEXT):
            wish.body["stream_options"] = {"include_usage": True}
        if self.chance.random() < 0.25:
            kinds = [lambda: -1.0, lambda: float(self.chance.randint(0, 12)) if wish.stream else self.chance.uniform(0.0, 2.0)]
            wish.hang_up = self.chance.choices(kinds, [1, 6])[0]()
        return wish

    def capital(self):
        country = self.chance.choice(self.countries)
        turns = [{"role": "user", "content": f"What is the capital of {country}?"}]
        body = {"messages": turns, "temperature": 0, "max_tokens": self.chance.randint(24, 60)}
        return Wish(self.chance.choice([CHAT, MESSAGES]), body, False, names=CAPITALS[country])

    def count(self):
        text, goes_on = self.chance.choice(self.counts)
        body = {"temperature": 0, "max_tokens": self.chance.randint(1, LONGEST_COUNT)}
        path = self.chance.choice([TEXT, GENERATE, MESSAGES])
        if path == MESSAGES:
            body["messages"] = [{"role": "user", "content": "Count."}, {"role": "assistant", "content": text}]
        else:
            body["prompt"] = text
            if self.chance.random() < 0.2:
                body["n"] = 2
        return Wish(path, body, False, begins=goes_on)

    def free(self, path=None):
        path = path or self.chance.choice(PATHS)
        text = " ".join(self.chance.choice(WORDS) for _ in range(int(self.chance.choice([4, 4, 20, 100]) * self.chance.uniform(1, 3))))
        if self.chance.random() < 0.3:
            text = self.chance.choice(BEGINNINGS) + " " + text
        body = {"max_tokens": self.chance.choice([1, 2, 8, 8, 30, 30, 90])}
        body |= {"messages": [{"role": "user", "content": text}]} if path in (CHAT, MESSAGES) else {"prompt": text}
        body["temperature"] = self.chance.choice([0, 0.7, 1]) if path == MESSAGES else self.chance.choice([0, 0.7, 1, 1.6, 2])
        wish = Wish(path, body, False)
        if self.chance.random() < 0.3:
            wish.stops = self.chance.sample(STOPS, self.chance.randint(1, 4))
            body["stop_sequences" if path == MESSAGES else "stop"] = wish.stops
        if path in (CHAT, TEXT):
            self._turn(path, body)
        if path != MESSAGES and self.chance.random() < 0.15:
            body["n"] = self.chance.randint(2, 4)
        return wish

    def _turn(self, path, body):
        """Fields that OpenAI's dialect alone has."""
        may = {"seed": 7, "top_p": 0.8, "top_k": 40, "min_p": 0.05, "presence_penalty": 1.5, "frequency_penalty": -0.5, "logit_bias": {"260": -100, "1000": 2}}
        for name, value in may.items():
            if self.chance.random() < 0.25:
                body[name] = value
        if self.chance.random() < 0.5:
            body |= {"logprobs": True, "top_logprobs": self.chance.randint(0, 5)} if path == CHAT else {"logprobs": self.chance.randint(0, 5)}

    def schema(self):
        schema = self.chance.choice(SCHEMAS)
        format_ = {"type": "json_schema", "json_schema": {"name": "wanted", "schema": schema}}
        body = {"messages": [{"role": "user", "content": "Give me an example."}], "temperature": self.chance.choice([0, 1, 1.5]), "max_tokens": 80, "response_format": format_}
        return Wish(CHAT, body, False, schema=schema)


@dataclass
class Told:
    """An answer in any dialect, whole or streamed."""

    texts: list
    ends: list  # stop, length, or None where there was none
    prompt: int = 0
    completion: int = 0
    scores: list = field(default_factory=list)  # by choice: how many tokens were told about

    def say(self, index, text, end, scores):
        assert self.ends[index] is None, "something came behind the end of a choice"
        self.texts[index] += text
        self.ends[index] = end
        self.scores[index] += scores

    def count(self, usage):
        self.prompt, self.completion = usage["prompt_tokens"], usage["completion_tokens"]
        assert usage["total_tokens"] == self.prompt + self.completion


def nothing_yet(wish):
    return Told([""] * wish.choices, [None] * wish.choices, scores=[0] * wish.choices)


def scores_of(choice):
    """How many tokens a choice tells about, in chats and in completions."""
    told = choice.get("logprobs") or {}
    return len(told.get("content") or told.get("tokens") or [])


def read_whole(wish, answer):
    """What a JSON document says."""
    told = nothing_yet(wish)
    if wish.path == MESSAGES:
        assert answer["type"] == "message" and answer["role"] == "assistant" and len(answer["content"]) == 1
        told.say(0, answer["content"][0]["text"], end_of(answer, wish), 0)
        read_usage(told, answer["usage"])
        return told
    assert answer["model"] == MODEL and [choice["index"] for choice in answer["choices"]] == list(range(wish.choices))
    for choice in answer["choices"]:
        text = choice["message"]["content"] if wish.path == CHAT else choice["text"]
        told.say(choice["index"], text, choice["finish_reason"], scores_of(choice))
    told.count(answer["usage"])
    return told


def end_of(message, wish):
    """Anthropic's words for an end as OpenAI's."""
    reason, stop = message["stop_reason"], message["stop_sequence"]
    assert (reason == "stop_sequence") == (stop is not None) and (stop is None or stop in wish.stops), message
    return {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length"}[reason]


def read_usage(told, usage):
    told.prompt = usage["input_tokens"] + usage["cache_read_input_tokens"]
    told.completion = usage["output_tokens"]


def read_events(wish, events):
    """What the events of a whole stream say, each the data of one."""
    if wish.path == MESSAGES:
        return read_messages(wish, [json.loads(data) for data in events])
    told = nothing_yet(wish)
    assert events and events[-1] == "[DONE]" and "[DONE]" not in events[:-1], events[-1:]
    chunks = [json.loads(data) for data in events[:-1]]
    assert not [chunk for chunk in chunks if "error" in chunk], chunks[-1]
    assert len({(chunk["id"], chunk["model"]) for chunk in chunks}) == 1
    for chunk in chunks:
        for choice in chunk["choices"]:
            text = (choice["delta"].get("content") or "") if wish.path == CHAT else choice["text"]
            told.say(choice["index"], text, choice["finish_reason"], scores_of(choice))
    told.count(chunks[-1]["usage"])
    return told


def has_text(data):
    """Whether an event brings some."""
    if data == "[DONE]":
        return False
    event = json.loads(data)
    parts = [event.get("delta") or {}, *(choice.get("delta", choice) for choice in event.get("choices", []))]
    return any(part.get("text") or part.get("content") for part in parts)


def read_messages(wish, events):
    told = nothing_yet(wish)
    kinds = [event["type"] for event in events if event["type"] != "ping"]
    assert kinds[:2] == ["message_start", "content_block_start"] and kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"], kinds
    assert set(kinds[2:-3]) <= {"content_block_delta"}
    for event in events:
        if event["type"] == "content_block_delta":
            told.say(0, event["delta"]["text"], None, 0)
    last = events[-2]
    told.say(0, "", end_of(last["delta"], wish), 0)
    read_usage(told, events[0]["message"]["usage"] | last["usage"])
    return told


def check(wish, told):
    """Right is: each choice ended, as long as it may be, told about token by token, and of the content that was asked for."""
    assert set(told.ends) <= {"stop", "length"}, told
    assert told.prompt > 0 and 0 <= told.completion <= wish.choices * wish.allowed, told
    if set(told.ends) == {"length"}:
        assert told.completion == wish.choices * wish.allowed, told
    if wish.scored:
        exact = not wish.stops  # of a stop string nothing is told
        assert sum(told.scores) == told.completion if exact else sum(told.scores) <= told.completion, told
    for text, end in zip(told.texts, told.ends, strict=True):
        check_text(wish, text, end)


def check_text(wish, text, end):
    assert not [stop for stop in wish.stops if stop in text], text
    if wish.begins:
        both = min(len(text), len(wish.begins))
        assert end == "length" and text[:both] == wish.begins[:both], text
    if wish.names:
        others = [city for city in CAPITALS.values() if city != wish.names and city in text]
        assert wish.names in text and not others, text
    if wish.schema is not None and end == "stop":
        assert jsonschema_rs.validator_for(wish.schema).is_valid(json.loads(text)), text
