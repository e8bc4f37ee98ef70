#include "print_json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"
#include "terminal_text.h"

namespace gatehouse::app {
namespace {

std::string text_of(const wire::JsonValue& value) {
  if (value.is_string()) return for_terminal(value.string());
  if (value.is_bool()) return value.boolean() ? "yes" : "no";
  if (value.is_null()) return {};
  std::string text;
  if (value.is_list()) {
    for (const wire::JsonValue& item : value.items()) text.append(text.empty() ? "" : " ").append(text_of(item));
    return text;
  }
  if (value.is_object()) {
    for (const wire::JsonMember& member : value.members()) {
      text.append(text.empty() ? "" : ", ").append(for_terminal(member.key)).append(" ").append(text_of(member.value));
    }
    return text;
  }
  wire::JsonWriter json(text);
  if (const auto whole = value.as_int64()) {
    json.value(*whole);
  } else {
    json.value(value.as_double().value_or(0));
  }
  return text;
}

void append_padded(std::string& out, std::string_view text, std::size_t width) {
  out.append(text).append(width > text.size() ? width - text.size() : 0, ' ');
}

}  // namespace

std::string object_as_text(std::string_view json) {
  wire::JsonParser parser;
  const Result<wire::JsonValue> root = parser.parse(json);
  if (!root || !root->is_object()) return {};
  std::vector<std::pair<std::string, std::string>> lines;
  std::size_t width = 0;
  for (const wire::JsonMember& member : root->members()) {
    std::string text = text_of(member.value);
    if (text.empty()) continue;
    std::string name = for_terminal(member.key);
    width = std::max(width, name.size());
    lines.emplace_back(std::move(name), std::move(text));
  }
  std::string out;
  for (const auto& [name, text] : lines) {
    append_padded(out, name, width + 2);
    out.append(text).append("\n");
  }
  return out;
}

std::string table_as_text(std::string_view json, std::span<const std::string_view> columns) {
  wire::JsonParser parser;
  const Result<wire::JsonValue> root = parser.parse(json);
  if (!root || !root->is_list()) return {};
  std::vector<std::vector<std::string>> rows;
  rows.emplace_back(columns.begin(), columns.end());
  for (const wire::JsonValue& item : root->items()) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const std::string_view column : columns) {
      const auto member = item.is_object() ? item.find(column) : std::nullopt;
      row.push_back(member ? text_of(*member) : std::string());
      if (row.back().empty()) row.back() = "-";
    }
  }
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) append_padded(out, row[i], i + 1 < row.size() ? widths[i] + 2 : 0);
    out.append("\n");
  }
  return out;
}

}  // namespace gatehouse::app
