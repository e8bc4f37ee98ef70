"""JSON Schemas at random: what people write, and now and then what nobody can keep to."""

WORDS = ["name", "age", "tags", "äöü", "quote \"", "path\\to", "", "字段", "kind", "next"]


class Schemas:
    def __init__(self, random):
        self.random = random

    def document(self):
        self.names = [f"d{i}" for i in range(self.random.randint(0, 2))]
        schema = self.schema(0)
        if self.names and isinstance(schema, dict):
            schema["$defs"] = {name: self.schema(2) for name in self.names}
        return schema

    def schema(self, depth):
        kinds = ["string", "number", "integer", "boolean", "null", "enum", "const", "any", "format"]
        if depth < 4:
            kinds += ["object", "object", "object", "array", "array", "tuple", "anyOf", "oneOf", "types"]
        if self.names:
            kinds.append("ref")
        if self.random.random() < 0.01:
            kinds = ["pattern", "not", "false"]
        kind = self.random.choice(kinds)
        made = getattr(self, f"make_{kind}", self.make_plain)(kind, depth)
        if isinstance(made, dict) and self.random.random() < 0.2:
            made["description"] = "what it is"
        return made

    def maybe(self, schema, keyword, value):
        if self.random.random() < 0.4:
            schema[keyword] = value

    def make_plain(self, kind, _):
        return {"type": kind}

    def make_any(self, *_):
        return self.random.choice([{}, True])

    def make_false(self, *_):
        return False

    def make_pattern(self, *_):
        return {"type": "string", "pattern": "^a+$"}

    def make_not(self, *_):
        return {"not": {"type": "null"}}

    def make_ref(self, *_):
        return {"$ref": f"#/$defs/{self.random.choice(self.names)}"}

    def make_string(self, *_):
        schema, least = {"type": "string"}, self.random.randint(0, 5)
        self.maybe(schema, "minLength", least)
        self.maybe(schema, "maxLength", least + self.random.randint(0, 10))
        return schema

    def make_format(self, *_):
        return {"type": "string", "format": self.random.choice(["date", "time", "date-time", "uuid", "ipv4"])}

    def bounds(self, schema, low, high):
        self.maybe(schema, self.random.choice(["minimum", "exclusiveMinimum"]), low)
        self.maybe(schema, self.random.choice(["maximum", "exclusiveMaximum"]), high)
        return schema

    def make_integer(self, *_):
        low = self.random.randint(-1200, 1200)
        return self.bounds({"type": "integer"}, low, low + self.random.randint(2, 10 ** self.random.randint(1, 12)))

    def make_number(self, *_):
        low = round(self.random.uniform(-1200, 1200), self.random.randint(0, 3))
        return self.bounds({"type": "number"}, low, low + self.random.randint(2, 500) / self.random.choice([1, 2, 7]))

    def make_enum(self, *_):
        return {"enum": self.random.sample(["a", "b\n", 1, -2.5, None, True, {"x": [1]}, []], self.random.randint(1, 5))}

    def make_const(self, *_):
        return {"const": self.random.choice(["x", 7, 1.5, None, {"a": {"b": []}}])}

    def make_types(self, *_):
        return {"type": self.random.sample(["string", "integer", "null", "boolean", "array"], 2), "maxLength": 5}

    def make_array(self, _, depth):
        schema, least = {"type": "array"}, self.random.randint(0, 3)
        self.maybe(schema, "items", self.schema(depth + 1))
        self.maybe(schema, "minItems", least)
        self.maybe(schema, "maxItems", least + self.random.randint(0, 3))
        return schema

    def make_tuple(self, _, depth):
        schema = {"type": "array", "prefixItems": [self.schema(depth + 1) for _ in range(self.random.randint(1, 3))]}
        self.maybe(schema, "items", self.random.choice([False, self.schema(depth + 1)]))
        self.maybe(schema, "minItems", self.random.randint(0, 3))
        return schema

    def make_anyOf(self, kind, depth):  # noqa: N802
        return {kind: [self.schema(depth + 1) for _ in range(self.random.randint(1, 3))]}

    def make_oneOf(self, kind, depth):  # noqa: N802
        if self.random.random() < 0.3:
            return {kind: [{"const": 1}, {"const": "1"}, {"const": [1]}]}
        return {kind: [self.make_string(), {"type": "null"}, self.make_array("array", depth)]}

    def make_object(self, _, depth):
        schema = {"type": "object"}
        names = self.random.sample(WORDS, self.random.randint(0, 5))
        if names or self.random.random() < 0.5:
            schema["properties"] = {name: self.schema(depth + 1) for name in names}
        self.maybe(schema, "required", self.random.sample(WORDS, 1) if self.random.random() < 0.1 else self.random.sample(names, self.random.randint(0, len(names))))
        self.maybe(schema, "additionalProperties", self.random.choice([False, True, self.schema(depth + 1)]))
        return schema
