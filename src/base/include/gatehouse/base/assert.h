// base/assert.h — invariants, checked in release builds too.
// GH_ASSERT  for request code: throws BrokenInvariant, which the exception barrier turns into a 500 and a closed connection;
//            in an engine child it ends the child
// GH_FATAL   for state that requests share: writes the place to standard error and aborts
#pragma once
#include <stdexcept>

namespace gatehouse {

class BrokenInvariant : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void fail_assertion(const char* condition, const char* file, int line);
[[noreturn]] void fail_fatally(const char* what, const char* file, int line);

}  // namespace gatehouse

#define GH_ASSERT(condition) ((condition) ? static_cast<void>(0) : ::gatehouse::fail_assertion(#condition, __FILE__, __LINE__))
#define GH_FATAL(what) ::gatehouse::fail_fatally(what, __FILE__, __LINE__)
