// identity/common_passwords.h — passwords that nobody may choose, because everybody tries them first.
// Layout   lower case, each between two ends of lines; in parts, none of which ends within a password
// Source   common_passwords.txt, which tools/passwords/common.py made; tools/passwords/embed.py makes the definition
#pragma once
#include <span>
#include <string_view>

namespace gatehouse::identity {

std::span<const std::string_view> common_passwords();

}  // namespace gatehouse::identity
