#include "columns.h"

#include <algorithm>

#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::adapters {

Error unreadable(std::string_view what, std::string_view text) {
  return internal_error("store_record_unreadable", std::string(what) + ": " + std::string(text));
}

std::string list_text(const std::vector<std::string>& list) {
  std::string out;
  wire::JsonWriter w(out);
  w.begin_list();
  for (const std::string& entry : list) w.value(entry);
  w.end_list();
  return out;
}

Result<std::vector<std::string>> list_of(std::string_view text) {
  wire::JsonParser parser;
  const Result<wire::JsonValue> root = parser.parse(text);
  if (!root || !root->is_list()) return unreadable("no list", text);
  std::vector<std::string> list;
  for (const wire::JsonValue& entry : root->items()) {
    if (!entry.is_string()) return unreadable("no list of texts", text);
    list.emplace_back(entry.string());
  }
  return list;
}

Result<store::Digest> digest_of(std::string_view bytes) {
  store::Digest digest{};
  if (bytes.size() != digest.size()) return unreadable("no digest", std::to_string(bytes.size()) + " bytes");
  std::ranges::copy(bytes, digest.begin());
  return digest;
}

Result<store::Day> day_of(std::string_view text) {
  const std::optional<store::Day> day = store::parse_day(text);
  if (!day) return unreadable("no date", text);
  return *day;
}

}  // namespace gatehouse::adapters
