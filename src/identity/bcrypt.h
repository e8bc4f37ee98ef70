// identity/bcrypt.h — bcrypt hashes that others made, checked once before they become our own.
// Rules    $2a$, $2b$ and $2y$ are one scheme. A cost above 2^14 would keep a thread for seconds, and is not taken. Of a password the first
//          72 bytes count, and none with a NUL is right
// Threads  takes time: for threads that may block
// Source   libxcrypt's crypt_r
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/base/secret.h"

namespace gatehouse::identity {

// Whether that is the text of a hash that is taken.
bool is_bcrypt(std::string_view hash);
bool matches_bcrypt(const Secret<std::string>& password, const std::string& hash);

}  // namespace gatehouse::identity
