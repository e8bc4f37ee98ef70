// wire/grammar/schema_faults.h — what is said of a schema that cannot be kept to.
// Threads  pure function
#pragma once
#include <string>

#include "gatehouse/base/error.h"

namespace gatehouse::wire::grammar {

inline Error not_supported(const std::string& path, const std::string& what) {
  return caller_error("schema_not_supported", "The schema cannot be kept to: at '" + (path.empty() ? "/" : path) + "' " + what)
      .with_param("response_format");
}

}  // namespace gatehouse::wire::grammar
