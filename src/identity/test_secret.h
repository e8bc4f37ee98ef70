// identity/test_secret.h — secrets of tests.
#pragma once
#include <string>

#include "gatehouse/base/secret.h"

namespace gatehouse::identity {

inline Secret<std::string> secret(const std::string& text) { return Secret<std::string>(text); }

}  // namespace gatehouse::identity
