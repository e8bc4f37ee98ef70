// model/names.h — how names of models and files and the sums of files are written.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace gatehouse::model {

inline constexpr std::size_t longest_model_name = 64;

// The name of a model's folder; those that begin with a dot are hidden, and none of ours.
constexpr bool is_model_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_model_name && name.front() != '.' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string_view::npos;
}

constexpr bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// For messages.
inline std::string quoted_path(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

}  // namespace gatehouse::model
