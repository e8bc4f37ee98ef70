#include "template_values.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::adapters {
namespace {

// A function without parameters, as templates expect to see one.
constexpr std::string_view no_parameters = R"({"type":"object","properties":{}})";

// Roles of this list are words of the template's language; another role is the caller's text.
Author author_of_role(std::string_view role) {
  constexpr std::array known{std::string_view("system"), std::string_view("user"), std::string_view("assistant"), std::string_view("tool"),
                             std::string_view("developer")};
  return std::ranges::find(known, role) != known.end() ? Author::model : Author::caller;
}

jinja::value content_value(const std::string& content, bool typed) {
  if (!typed) return text_value(content, Author::caller);
  auto part = jinja::mk_val<jinja::value_object>();
  part->insert("type", text_value("text", Author::model));
  part->insert("text", text_value(content, Author::caller));
  auto parts = jinja::mk_val<jinja::value_array>();
  parts->push_back(part);
  return parts;
}

jinja::value value_of(const wire::JsonValue& json) {
  if (json.is_object()) {
    auto object = jinja::mk_val<jinja::value_object>();
    for (const wire::JsonMember& member : json.members())
      object->insert(text_value(std::string(member.key), Author::caller), value_of(member.value));
    return object;
  }
  if (json.is_list()) {
    auto list = jinja::mk_val<jinja::value_array>();
    for (const wire::JsonValue& item : json.items()) list->push_back(value_of(item));
    return list;
  }
  if (json.is_string()) return text_value(std::string(json.string()), Author::caller);
  if (json.is_bool()) return jinja::mk_val<jinja::value_bool>(json.boolean());
  if (json.kind() == wire::JsonKind::int64) return jinja::mk_val<jinja::value_int>(*json.as_int64());
  if (const auto number = json.as_double()) return jinja::mk_val<jinja::value_float>(*number);
  return jinja::mk_val<jinja::value_none>();
}

// The front has read it before; where it cannot be read any more, because a control token's text in it was written over, it is a text.
jinja::value value_of(std::string_view json) {
  wire::JsonParser parser;
  const Result<wire::JsonValue> parsed = parser.parse(json);
  return parsed ? value_of(*parsed) : text_value(std::string(json), Author::caller);
}

constexpr std::size_t short_id_length = 9;

bool is_short_id(std::string_view id) {
  const auto plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return id.size() == short_id_length && std::ranges::all_of(id, plain);
}

// The same for the same id (FNV-1a, of which nine digits to the base of 36 are taken).
std::string id_for(const std::string& id, const TemplateTaste& taste) {
  if (!taste.short_ids || is_short_id(id)) return id;
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  std::string made(short_id_length, '0');
  for (char& digit : made) {
    digit = "0123456789abcdefghijklmnopqrstuvwxyz"[hash % 36];
    hash /= 36;
  }
  return made;
}

jinja::value call_value(const wire::engine::ToolCall& call, const TemplateTaste& taste) {
  auto function = jinja::mk_val<jinja::value_object>();
  function->insert("name", text_value(call.name, Author::caller));
  function->insert("arguments", taste.object_arguments ? value_of(call.arguments) : text_value(call.arguments, Author::caller));
  auto value = jinja::mk_val<jinja::value_object>();
  value->insert("id", text_value(id_for(call.id, taste), Author::caller));
  value->insert("type", text_value("function", Author::model));
  value->insert("function", function);
  return value;
}

}  // namespace

jinja::value text_value(const std::string& text, Author author) {
  auto value = jinja::mk_val<jinja::value_string>(text);
  if (author == Author::caller) value->mark_input();
  return value;
}

jinja::value messages_value(std::span<const wire::engine::Message> messages, const TemplateTaste& taste) {
  auto list = jinja::mk_val<jinja::value_array>();
  for (const wire::engine::Message& message : messages) {
    auto entry = jinja::mk_val<jinja::value_object>();
    entry->insert("role", text_value(message.role, author_of_role(message.role)));
    entry->insert("content", content_value(message.content, taste.typed_content));
    if (!message.name.empty()) entry->insert("name", text_value(message.name, Author::caller));
    if (!message.call_id.empty()) entry->insert("tool_call_id", text_value(id_for(message.call_id, taste), Author::caller));
    if (!message.calls.empty()) {
      auto calls = jinja::mk_val<jinja::value_array>();
      for (const wire::engine::ToolCall& call : message.calls) calls->push_back(call_value(call, taste));
      entry->insert("tool_calls", calls);
    }
    list->push_back(entry);
  }
  return list;
}

jinja::value tools_value(std::span<const wire::engine::Tool> tools) {
  auto list = jinja::mk_val<jinja::value_array>();
  for (const wire::engine::Tool& tool : tools) {
    auto function = jinja::mk_val<jinja::value_object>();
    function->insert("name", text_value(tool.name, Author::caller));
    if (!tool.description.empty()) function->insert("description", text_value(tool.description, Author::caller));
    function->insert("parameters", value_of(tool.parameters.empty() ? no_parameters : std::string_view(tool.parameters)));
    auto entry = jinja::mk_val<jinja::value_object>();
    entry->insert("type", text_value("function", Author::model));
    entry->insert("function", function);
    list->push_back(entry);
  }
  return list;
}

}  // namespace gatehouse::adapters
