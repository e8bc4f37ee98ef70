// wire/http1/field_guard.h — the second half of the guard: what the fields of a head must say together.
// Errors   two framings, odd framings, no or several hosts (400), unknown expectation (417)
// Source   RFC 9112 sections 3.2, 6.1 and 6.3; each is something that Beast 1.81 accepts
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::wire::http1 {

// The fields that decide how a message is cut out of the stream, found in one pass.
struct Framing {
  std::string_view host, content_length, transfer_encoding;
  int hosts = 0, lengths = 0, encodings = 0;
  bool expects_continue = false, expects_else = false;
};

Result<Framing> find_framing(std::span<const FieldView> fields);
// How long the body is, as the fields of a message of HTTP/1.minor say.
Status read_length(const Framing& framing, int minor, bool& chunked, std::optional<std::uint64_t>& content_length);
// Fills chunked and content_length.
Status apply_framing(const Framing& framing, RequestHead& head);
Status check_host(const Framing& framing, std::string_view target_authority, bool tls, int minor);

// One line of the trailers, without its line ending: grammar as for fields, and nothing that frames or routes.
Status check_trailer(std::string_view line);

}  // namespace gatehouse::wire::http1
