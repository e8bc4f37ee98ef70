#include "gatehouse/wire/http1/head.h"

#include "gatehouse/base/assert.h"
#include "http1/ascii.h"

namespace gatehouse::wire {

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::delete_:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::trace:
      return "TRACE";
    case Method::query:
      return "QUERY";
  }
  GH_FATAL("a method that does not exist");
}

std::optional<std::string_view> RequestHead::field(std::string_view name) const {
  for (const FieldView& f : fields) {
    if (http1::iequals(f.name, name)) return f.value;
  }
  return std::nullopt;
}

std::size_t RequestHead::count(std::string_view name) const {
  std::size_t n = 0;
  for (const FieldView& f : fields) n += http1::iequals(f.name, name) ? 1 : 0;
  return n;
}

}  // namespace gatehouse::wire
