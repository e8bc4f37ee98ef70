// wire/http1/head.h — the head of a request, after the parser and both halves of the guard have accepted it.
// Threads  value type over a buffer that the parser owns: valid until the parser goes on to the next message
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::wire {

// Those that a server should know (RFC 9110 section 15.6.2); no route has trace or query, so they get the route's 405. CONNECT
// has a target of its own form and is unknown here.
enum class Method { get, head, post, put, patch, delete_, options, trace, query };
std::string_view to_string(Method method);

struct FieldView {
  std::string_view name, value;
};

struct RequestHead {
  Method method = Method::get;
  std::string_view target;    // as sent; absolute form is reduced to its path and query
  std::string_view path;      // the target up to '?', percent-escapes as sent
  std::string_view query;     // behind '?', empty when none
  int minor = 1;              // HTTP/1.minor
  bool host_present = false;  // always on 1.1; 1.0 may come without, and then only probes answer it
  bool keep_alive = true;
  bool chunked = false;
  bool expects_continue = false;
  std::optional<std::uint64_t> content_length;
  std::vector<FieldView> fields;

  // The first field of that name, whatever its case.
  std::optional<std::string_view> field(std::string_view name) const;
  std::size_t count(std::string_view name) const;
};

}  // namespace gatehouse::wire
