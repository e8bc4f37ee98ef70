#include "toml_table.h"

#include <algorithm>
#include <cmath>

#include "gatehouse/config/nearest.h"

namespace gatehouse::model {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

}  // namespace

Error manifest_invalid(std::string_view file, const toml::source_region& at, std::string_view what) {
  std::string text(file);
  if (at.begin.line > 0) text += ":" + std::to_string(at.begin.line) + ":" + std::to_string(at.begin.column);
  return operator_error("manifest_invalid", text + ": " + std::string(what));
}

void Faults::add(const toml::source_region& at, std::string_view what) {
  constexpr std::size_t most = 64;
  if (faults_.size() < most) faults_.push_back(manifest_invalid(file_, at, what));
}

Status Faults::status() const {
  if (faults_.empty()) return ok();
  std::string text;
  for (const Error& fault : faults_) text.append(text.empty() ? "" : "; ").append(fault.public_text());
  return operator_error(faults_.front().reason(), std::move(text));
}

void TomlTable::fault_at(const toml::node& node, std::string_view key, std::string_view what) const {
  faults_.add(node, quoted(key) + where_ + " " + std::string(what));
}

void TomlTable::fault(std::string_view key, std::string_view what) const {
  const toml::node* found = node(key);
  fault_at(found != nullptr ? *found : static_cast<const toml::node&>(table_), key, what);
}

void TomlTable::only(std::span<const std::string_view> keys) const {
  for (const auto& [key, value] : table_) {
    if (std::ranges::find(keys, key.str()) != keys.end()) continue;
    const std::string_view written = key.str().substr(0, 64);
    faults_.add(key.source(), quoted(written) + where_ + " is not a known key; the nearest is " + quoted(config::nearest(written, keys)));
  }
}

std::optional<std::string> TomlTable::text(std::string_view key, Need need) const {
  const toml::node* found = node(key);
  if (found == nullptr) {
    if (need == Need::required) fault(key, "is missing");
    return std::nullopt;
  }
  const std::optional<std::string> value = found->value_exact<std::string>();
  if (!value || value->empty()) fault(key, "must be a text that is not empty");
  return value;
}

std::optional<std::int64_t> TomlTable::integer(std::string_view key, std::int64_t low, std::int64_t high) const {
  const toml::node* found = node(key);
  if (found == nullptr) return std::nullopt;
  const std::optional<std::int64_t> value = found->value_exact<std::int64_t>();
  if (value && *value >= low && *value <= high) return value;
  fault(key, "must be an integer from " + std::to_string(low) + " to " + std::to_string(high));
  return std::nullopt;
}

std::optional<double> TomlTable::number(std::string_view key) const {
  const toml::node* found = node(key);
  if (found == nullptr) return std::nullopt;
  const std::optional<double> value = found->is_number() ? found->value<double>() : std::nullopt;
  if (value && std::isfinite(*value)) return value;
  fault(key, "must be a number");
  return std::nullopt;
}

const toml::array* TomlTable::list(std::string_view key) const {
  const toml::node* found = node(key);
  if (found == nullptr) return nullptr;
  if (!found->is_array()) fault(key, "must be a list");
  return found->as_array();
}

std::vector<std::string> TomlTable::texts(std::string_view key) const {
  std::vector<std::string> out;
  const toml::array* items = list(key);
  if (items == nullptr) return out;
  for (const toml::node& item : *items) {
    const std::optional<std::string> value = item.value_exact<std::string>();
    if (!value) fault_at(item, key, "must hold texts alone");
    out.push_back(value.value_or(""));
  }
  return out;
}

std::vector<std::int64_t> TomlTable::integers(std::string_view key) const {
  std::vector<std::int64_t> out;
  const toml::array* items = list(key);
  if (items == nullptr) return out;
  for (const toml::node& item : *items) {
    const std::optional<std::int64_t> value = item.value_exact<std::int64_t>();
    if (!value) fault_at(item, key, "must hold integers alone");
    out.push_back(value.value_or(0));
  }
  return out;
}

std::optional<TomlTable> TomlTable::table(std::string_view key) const {
  const toml::node* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_table()) {
    fault(key, "must be a table");
    return std::nullopt;
  }
  return TomlTable(*found->as_table(), " in [" + std::string(key) + "]", faults_);
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) const {
  std::vector<TomlTable> out;
  const toml::array* items = list(key);
  if (items == nullptr) return out;
  for (const toml::node& item : *items) {
    if (!item.is_table()) {
      fault_at(item, key, "must hold tables alone");
    } else {
      out.emplace_back(*item.as_table(), " in [[" + std::string(key) + "]]", faults_);
    }
  }
  return out;
}

}  // namespace gatehouse::model
