#include "http1/field_guard.h"

#include <algorithm>
#include <charconv>

#include "http1/ascii.h"
#include "http1/errors.h"
#include "http1/target.h"

namespace gatehouse::wire::http1 {
namespace {

// Servers behind us that turn '-' into '_' (CGI, WSGI) would read these as the framing fields.
bool imitates_framing(std::string_view name) { return iequals(name, "content_length") || iequals(name, "transfer_encoding"); }

}  // namespace

Result<Framing> find_framing(std::span<const FieldView> fields) {
  Framing found;
  for (const FieldView& f : fields) {
    switch (f.name.size()) {
      case 4:
        if (iequals(f.name, "host")) found.host = f.value, ++found.hosts;
        break;
      case 6:
        if (iequals(f.name, "expect")) (iequals(f.value, "100-continue") ? found.expects_continue : found.expects_else) = true;
        break;
      case 14:
        if (iequals(f.name, "content-length")) found.content_length = f.value, ++found.lengths;
        if (imitates_framing(f.name)) return bad_content_length();
        break;
      case 17:
        if (iequals(f.name, "transfer-encoding")) found.transfer_encoding = f.value, ++found.encodings;
        if (imitates_framing(f.name)) return bad_transfer_encoding();
        break;
      default:
        break;
    }
  }
  return found;
}

Status read_length(const Framing& framing, int minor, bool& chunked, std::optional<std::uint64_t>& content_length) {
  if (framing.encodings > 0 && framing.lengths > 0) return ambiguous_framing();
  if (framing.encodings > 0) {
    if (framing.encodings > 1 || minor == 0 || !iequals(framing.transfer_encoding, "chunked")) return bad_transfer_encoding();
    chunked = true;
  }
  if (framing.lengths > 0) {
    const std::string_view digits = framing.content_length;
    if (framing.lengths > 1 || digits.empty() || digits.size() > 19 || !std::all_of(digits.begin(), digits.end(), is_digit)) {
      return bad_content_length();
    }
    std::uint64_t length = 0;  // 19 digits always fit
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
    content_length = length;
  }
  return ok();
}

Status apply_framing(const Framing& framing, RequestHead& head) {
  return read_length(framing, head.minor, head.chunked, head.content_length);
}

Status check_host(const Framing& framing, std::string_view target_authority, bool tls, int minor) {
  if (framing.hosts > 1) return bad_host("Host must be given once");
  if (framing.hosts == 0) {
    if (minor > 0) return bad_host("Host is missing");
    return ok();
  }
  if (!is_authority(framing.host)) return bad_host("Host is not valid");
  if (!target_authority.empty() && !same_authority(target_authority, framing.host, tls)) {
    return bad_host("Host and the request target name different hosts");
  }
  return ok();
}

Status check_trailer(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return bad_trailer("A trailer is not a field");
  const std::string_view name = line.substr(0, colon);
  if (!std::all_of(name.begin(), name.end(), is_token_char)) return bad_trailer("The name of a trailer is not a token");
  for (const std::string_view framing : {"content-length", "content_length", "transfer-encoding", "transfer_encoding", "host"}) {
    if (iequals(name, framing)) return bad_trailer("A trailer may not frame or route the request");
  }
  return ok();
}

}  // namespace gatehouse::wire::http1
