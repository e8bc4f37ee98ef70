// config/convert.h — what was written, as a value of the key's type.
// Errors   config_invalid, whose text says "KEY must be …, not …"; a secret's value is in none
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/config/key.h"

namespace gatehouse::config {

// written: how the value is named in the message, such as 'many' in quotes or "a list"; left out for secrets.
Error unfit(const KeySpec& key, std::string_view written);
// At most 80 bytes of it, in quotes, control bytes and broken UTF-8 left out.
std::string in_quotes(std::string_view text);

// From a variable or an option. Lists: comma-separated words or a JSON array of strings; tables: name=value, comma-separated.
Result<Value> from_text(const KeySpec& key, std::string_view text);
// From an option that was given several times.
Result<Value> from_words(const KeySpec& key, std::span<const std::string> words);
// From a text that stands for the type: choices, durations, sizes, rates, files, texts.
Result<Value> from_string(const KeySpec& key, std::string_view text);
Result<Value> from_integer(const KeySpec& key, std::int64_t number);
// Of a decimal: as it was written, with up to 15 digits.
Result<Value> from_number(const KeySpec& key, double number);
// Each item passes the key's check.
Result<Value> from_list(const KeySpec& key, Texts items);

}  // namespace gatehouse::config
