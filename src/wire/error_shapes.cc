#include "gatehouse/wire/error_shapes.h"

namespace gatehouse::wire {
namespace {

// RFC 6749: %x20-21 / %x23-5B / %x5D-7E. One mark for each character of UTF-8, not for each byte.
std::string plain_description(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) == 0x80) continue;  // the rest of a character
    if (c == '"' || c == '\\') {
      out.push_back('\'');
    } else {
      out.push_back(byte >= 0x20 && byte < 0x7f ? c : '?');
    }
  }
  return out;
}

}  // namespace

void write_oip_error(std::string& out, std::string_view message) { JsonWriter(out).begin_object().member("error", message).end_object(); }

void oip_error_schema(JsonWriter& w) { w.raw(R"({"type":"object","properties":{"error":{"type":"string"}},"required":["error"]})"); }

void write_oauth_error(std::string& out, std::string_view code, std::string_view description) {
  JsonWriter(out).begin_object().member("error", code).member("error_description", plain_description(description)).end_object();
}

void oauth_error_schema(JsonWriter& w) {
  w.raw(R"({"type":"object","properties":{"error":{"type":"string"},"error_description":{"type":"string"}},"required":["error"]})");
}

}  // namespace gatehouse::wire
