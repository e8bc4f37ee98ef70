#include "gatehouse/base/assert.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace gatehouse {

void fail_assertion(const char* condition, const char* file, int line) {
  throw BrokenInvariant(std::string(file) + ":" + std::to_string(line) + ": " + condition);
}

void fail_fatally(const char* what, const char* file, int line) {
  std::fprintf(stderr, "fatal: %s:%d: %s\n", file, line, what);
  std::abort();
}

}  // namespace gatehouse
