#include "gatehouse/wire/http1/dump.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "gatehouse/base/hex.h"
#include "gatehouse/wire/http1/parser.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {
namespace {

std::string sha256_hex(std::string_view bytes) {
  std::array<char, 32> digest{};
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &length, EVP_sha256(), nullptr);
  return to_hex(std::string_view(digest.data(), length));
}

void append_message(std::string& out, const RequestHead& head, std::string_view body) {
  JsonWriter json(out);
  json.begin_object().member("method", to_string(head.method)).member("target", head.target);
  json.member("version", head.minor == 0 ? "HTTP/1.0" : "HTTP/1.1").key("fields").begin_list();
  for (const FieldView& field : head.fields) json.begin_list().value(field.name).value(field.value).end_list();
  json.end_list().member("body_sha256", sha256_hex(body)).member("body_bytes", body.size()).end_object();
  out += '\n';
}

int status_of(Code code) {
  switch (code) {
    case Code::uri_too_long:
      return 414;
    case Code::expectation_failed:
      return 417;
    case Code::head_too_large:
      return 431;
    case Code::not_supported:
      return 501;
    case Code::version_not_supported:
      return 505;
    default:
      return 400;
  }
}

void append_error(Http1Dump& dump, std::string_view reason, int status) {
  JsonWriter(dump.lines).begin_object().member("error", reason).member("status", status).end_object();
  dump.lines += '\n';
  dump.well_formed = false;
}

// Feeds a parser in pieces of a fixed size, counted from the beginning of the input.
class Feeder {
 public:
  Feeder(std::string_view bytes, std::size_t chunk) : bytes_(bytes), chunk_(chunk == 0 ? bytes.size() : chunk) {}
  bool at_end() const { return at_ == bytes_.size(); }
  std::string_view piece() const { return bytes_.substr(at_, chunk_ - at_ % std::max<std::size_t>(chunk_, 1)); }
  void take(std::size_t n) { at_ += n; }

 private:
  const std::string_view bytes_;
  const std::size_t chunk_;
  std::size_t at_ = 0;
};

// True when a whole message was there.
Result<bool> read_message(Http1Parser& parser, Feeder& input, std::string& body) {
  while (!parser.head_done()) {
    if (input.at_end()) return false;
    GH_TRY(const std::size_t taken, parser.take_head(input.piece()));
    input.take(taken);
  }
  while (!parser.body_done()) {
    if (input.at_end()) return false;
    GH_TRY(const std::size_t taken, parser.take_body(input.piece(), &body));
    input.take(taken);
  }
  return true;
}

}  // namespace

Http1Dump dump_http1(std::string_view bytes, std::size_t chunk) {
  Http1Dump dump;
  Http1Parser parser{Http1Limits()};
  Feeder input(bytes, chunk);
  while (!input.at_end()) {
    std::string body;
    const Result<bool> whole = read_message(parser, input, body);
    if (!whole) {
      append_error(dump, whole.error().reason(), status_of(whole.error().code()));
      return dump;
    }
    if (!*whole) {
      if (parser.head_started() || parser.head_done()) append_error(dump, "incomplete", 400);
      return dump;
    }
    append_message(dump.lines, parser.head(), body);
    parser.next();
  }
  return dump;
}

}  // namespace gatehouse::wire
