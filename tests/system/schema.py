"""The part of JSON Schema that the published document uses, apart from the server's own reader of the same rules."""

import re

KNOWN = {
    "type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum",
    "minProperties", "maxProperties", "propertyNames", "pattern", "enum", "anyOf", "default", "description", "format", "title", "examples", "const",
}  # fmt: skip


def is_type(name, value):
    if name == "null":
        return value is None
    if name == "boolean":
        return isinstance(value, bool)
    if name == "integer":
        return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "array": list, "object": dict}[name])


def allows(schema, value):
    """Whether a value is valid under a schema; a keyword that is not understood here is an error of the test."""
    unknown = set(schema) - KNOWN
    assert not unknown, f"teach tests/system/schema.py: {unknown}"
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(is_type(one, value) for one in types):
            return False
    if "enum" in schema and not any(type(one) is type(value) and one == value for one in schema["enum"]):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "anyOf" in schema and not any(allows(one, value) for one in schema["anyOf"]):
        return False
    if is_type("number", value):
        return schema.get("minimum", value) <= value <= schema.get("maximum", value)
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return False
        return schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
    if isinstance(value, list):
        sized = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return sized and all(allows(schema.get("items", {}), item) for item in value)
    if isinstance(value, dict):
        return allows_object(schema, value)
    return True


def allows_object(schema, value):
    properties = schema.get("properties", {})
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value)):
        return False
    if any(name not in value for name in schema.get("required", [])):
        return False
    others = schema.get("additionalProperties", True)
    if not all(allows(schema.get("propertyNames", {}), name) for name in value):
        return False
    for name in set(value) - set(properties):
        if others is False or (isinstance(others, dict) and not allows(others, value[name])):
            return False
    return all(allows(properties[name], one) for name, one in value.items() if name in properties)


def numeric_fields(schema):
    """Names of the properties of an object schema that may hold a number."""

    def numeric(one):
        types = one.get("type", [])
        types = types if isinstance(types, list) else [types]
        return bool({"number", "integer"} & set(types)) or any(numeric(other) for other in one.get("anyOf", []))

    return [name for name, one in schema["properties"].items() if numeric(one)]
