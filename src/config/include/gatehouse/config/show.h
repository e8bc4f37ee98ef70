// config/show.h — configuration as people read it: values, explanations, and files that could be read back. Secrets are masked.
// Threads  pure functions
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/config/key.h"
#include "gatehouse/config/reading.h"

namespace gatehouse::config {

inline constexpr std::string_view masked = "********";

// The value that may be shown: a secret is masked, and so is the password in a URL.
Value shown(const KeySpec& key, const Value& value);
// As TOML has it: "text", ["a", "b"], 5, true, "30s", { a = "b" }; of tables what the file says of each.
std::string to_toml(const KeySpec& key, const Value& value);
// "integer", "list" …: one word a type.
std::string_view type_name(Type type);
std::string_view to_text(Applies applies);
// "name" of "auth.issuers.name".
std::string_view last_word(const KeySpec& key);

// What is in force, as a TOML document; each line says where its value comes from.
std::string effective_toml(std::span<const KeySpec> keys, const Reading& reading);
// Every key with its default and what it is for, commented out: a file to begin with.
std::string example_toml(std::span<const KeySpec> keys);
std::string example_dotenv(std::span<const KeySpec> keys);

}  // namespace gatehouse::config
