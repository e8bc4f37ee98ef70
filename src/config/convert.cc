#include "convert.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "gatehouse/base/decimal.h"
#include "gatehouse/config/files.h"
#include "toml_text.h"

namespace gatehouse::config {
namespace {

constexpr std::size_t longest_quote = 80;

Error refused(const KeySpec& key, std::string_view what) { return operator_error("config_invalid", key.name + ": " + std::string(what)); }

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Result<Value> flag_of(const KeySpec& key, std::string_view text) {
  if (text == "true" || text == "1") return Value(true);
  if (text == "false" || text == "0") return Value(false);
  return unfit(key, in_quotes(text));
}

Result<Value> integer_of(const KeySpec& key, std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return unfit(key, in_quotes(text));
  return from_integer(key, number);
}

// Only what begins as a JSON array of strings does is one: "[::1]:8080" is an address.
bool looks_like_json(std::string_view text) {
  if (!text.starts_with('[')) return false;
  const std::string_view rest = trimmed(text.substr(1));
  return rest.starts_with('"') || rest.starts_with(']');
}

Texts words_of(std::string_view text) {
  Texts words;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view word = trimmed(text.substr(0, comma));
    if (!word.empty()) words.emplace_back(word);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return words;
}

Result<Value> list_of(const KeySpec& key, std::string_view text) {
  if (!looks_like_json(text)) return from_list(key, words_of(text));
  std::optional<Texts> items = parse_string_array(text);
  if (!items) return unfit(key, in_quotes(text));
  return from_list(key, std::move(*items));
}

Result<Value> table_of(const KeySpec& key, std::string_view text) {
  Table table;
  for (const std::string& word : words_of(text)) {
    const std::size_t equals = word.find('=');
    const std::string_view name = trimmed(std::string_view(word).substr(0, equals));
    if (equals == std::string::npos || name.empty()) return unfit(key, in_quotes(word) + "; write it as name=value");
    table[std::string(name)] = trimmed(std::string_view(word).substr(equals + 1));
  }
  return Value(std::move(table));
}

template <class T>
Result<Value> within(const KeySpec& key, std::optional<T> parsed, std::int64_t amount, std::string_view text) {
  if (!parsed || amount < key.range.low || amount > key.range.high) return unfit(key, in_quotes(text));
  return Value(*parsed);
}

Result<Value> decimal_of(const KeySpec& key, std::optional<std::int64_t> units, std::string_view written) {
  if (!units || *units < key.range.low || *units > key.range.high) return unfit(key, written);
  return Value(*units);
}

Result<Value> text_of(const KeySpec& key, std::string_view text) {
  const std::optional<std::string> fault = key.check != nullptr ? key.check(text) : std::nullopt;
  if (fault) return refused(key, *fault);
  return Value(std::string(text));
}

Result<Value> secret_file_of(const KeySpec& key, std::string_view text) {
  if (text.empty()) return Value(std::string());  // none
  const Result<Secret<std::string>> secret = read_secret_file(std::filesystem::path(text));
  if (!secret) return refused(key, secret.error().public_text());
  return Value(std::string(text));
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, longest_quote)) {
    if (static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f) out += c;
  }
  return out + (text.size() > longest_quote ? "…'" : "'");
}

Error unfit(const KeySpec& key, std::string_view written) {
  return operator_error("config_invalid", key.name + " must be " + expectation(key) + (key.secret ? "" : ", not " + std::string(written)));
}

Result<Value> from_integer(const KeySpec& key, std::int64_t number) {
  if (number < key.range.low || number > key.range.high) return unfit(key, std::to_string(number));
  return Value(number);
}

Result<Value> from_number(const KeySpec& key, double number) {
  std::array<char, 32> written{};
  const auto end = std::to_chars(written.data(), written.data() + written.size(), number);
  return decimal_of(key, parse_decimal(number, key.places), std::string_view(written.data(), end.ptr));
}

Result<Value> from_list(const KeySpec& key, Texts items) {
  for (const std::string& item : items) {
    const std::optional<std::string> fault = key.check != nullptr ? key.check(item) : std::nullopt;
    if (fault) return refused(key, *fault);
  }
  return Value(std::move(items));
}

Result<Value> from_string(const KeySpec& key, std::string_view text) {
  switch (key.type) {
    case Type::text:
      return text_of(key, text);
    case Type::choice:
      if (std::ranges::find(key.choices, text) == key.choices.end()) return unfit(key, in_quotes(text));
      return Value(std::string(text));
    case Type::duration: {
      const std::optional<seconds> parsed = parse_duration(text);
      return within(key, parsed, parsed.value_or(seconds(0)).count(), text);
    }
    case Type::size: {
      const std::optional<ByteCount> parsed = parse_size(text);
      return within(key, parsed, static_cast<std::int64_t>(parsed.value_or(ByteCount(0)).value()), text);
    }
    case Type::rate: {
      const std::optional<Rate> parsed = parse_rate(text);
      if (!parsed) return unfit(key, in_quotes(text));
      return Value(*parsed);
    }
    case Type::secret_file:
      return secret_file_of(key, text);
    case Type::day:
      if (!text.empty() && !parse_day(text)) return unfit(key, in_quotes(text));
      return Value(std::string(text));
    default:
      return unfit(key, "a text");
  }
}

Result<Value> from_text(const KeySpec& key, std::string_view text) {
  switch (key.type) {
    case Type::flag:
      return flag_of(key, text);
    case Type::integer:
      return integer_of(key, text);
    case Type::decimal:
      return decimal_of(key, parse_decimal(text, key.places), in_quotes(text));
    case Type::texts:
      return list_of(key, trimmed(text));
    case Type::table:
      return table_of(key, text);
    default:
      return from_string(key, text);
  }
}

Result<Value> from_words(const KeySpec& key, std::span<const std::string> words) {
  if (key.type == Type::texts) return from_list(key, Texts(words.begin(), words.end()));
  return from_text(key, words.empty() ? std::string_view() : std::string_view(words.back()));
}

}  // namespace gatehouse::config
