#include "gatehouse/identity/password_rules.h"

#include <algorithm>

#include "common_passwords.h"
#include "field_error.h"

namespace gatehouse::identity {
namespace {

std::string allowed() { return std::to_string(shortest_password) + " to " + std::to_string(longest_password) + " bytes"; }

bool is_common(const std::string& password) {
  if (password.find('\n') != std::string::npos) return false;
  std::string line = "\n" + password + "\n";
  std::ranges::transform(line, line.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  const bool found = std::ranges::any_of(common_passwords(), [&line](std::string_view part) { return part.find(line) != part.npos; });
  wipe(line);
  return found;
}

}  // namespace

Status check_new_password(const Secret<std::string>& password, std::string_view field) {
  const std::string& text = password.expose();
  if (text.size() < shortest_password) return field_error("password_too_short", field, "The password is too short", allowed());
  if (text.size() > longest_password) return field_error("password_too_long", field, "The password is too long", allowed());
  if (!is_common(text)) return ok();
  return field_error("password_too_common", field, "The password is one of those that are tried first", "one that others do not use");
}

}  // namespace gatehouse::identity
