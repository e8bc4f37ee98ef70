// identity/password_rules.h — which passwords may be chosen: long enough, and not one of those that are tried first. What they are made of
// is nobody's business.
// Units    length in bytes
// Threads  a pure function
// Errors   password_too_short, password_too_long, password_too_common → invalid_argument, origin caller, with a fault of that field. The
//          password is in none of them
// Source   NIST SP 800-63B section 3.1.1.2
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::identity {

inline constexpr std::size_t shortest_password = 8, longest_password = 1024;

// field: the member that it came in, such as "password".
Status check_new_password(const Secret<std::string>& password, std::string_view field);

}  // namespace gatehouse::identity
