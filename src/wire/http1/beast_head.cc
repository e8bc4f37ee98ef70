#include "http1/beast_head.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>

#include "http1/ascii.h"
#include "http1/errors.h"

namespace gatehouse::wire::http1 {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

std::string_view plain(beast::string_view s) { return {s.data(), s.size()}; }

// Collects views instead of building Beast's own message, so that a head costs no allocation. Bodies never come here.
class Collector final : public http::basic_parser<true> {
 public:
  Collector(BeastHead& head, std::vector<FieldView>& fields) : head_(head), fields_(fields) {}

 private:
  void on_request_impl(http::verb, beast::string_view method, beast::string_view target, int version, beast::error_code&) override {
    head_.method = plain(method);
    head_.target = plain(target);
    head_.minor = version % 10;
  }
  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_field_impl(http::field, beast::string_view name, beast::string_view value, beast::error_code&) override {
    fields_.push_back(FieldView{plain(name), plain(value)});
  }
  void on_header_impl(beast::error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  std::size_t on_body_impl(beast::string_view, beast::error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, beast::error_code&) override { return 0; }
  void on_finish_impl(beast::error_code&) override {}

  BeastHead& head_;
  std::vector<FieldView>& fields_;
};

// Beast says bad_version both for HTTP/2.0 and for what is no version at all.
bool names_another_version(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
  if (line.size() < 9 || std::count(line.begin(), line.end(), ' ') != 2) return false;
  const std::string_view v = line.substr(line.size() - 9);
  return v.starts_with(" HTTP/") && is_digit(v[6]) && v[7] == '.' && is_digit(v[8]);
}

Error refusal(const beast::error_code& why, std::string_view bytes) {
  if (why == http::error::bad_version && names_another_version(bytes)) return unsupported_version();
  if (why == http::error::bad_content_length || why == http::error::multiple_content_length) return bad_content_length();
  if (why == http::error::bad_transfer_encoding) return bad_transfer_encoding();
  return malformed_head("The request is malformed: " + why.message());
}

bool says_close(const std::vector<FieldView>& fields) {
  for (const FieldView& f : fields) {
    if (f.name.size() != 10 || !iequals(f.name, "connection")) continue;
    if (http::token_list(beast::string_view(f.value.data(), f.value.size())).exists("close")) return true;
  }
  return false;
}

}  // namespace

Result<BeastHead> read_with_beast(std::string_view bytes, std::vector<FieldView>& fields) {
  fields.clear();
  BeastHead head;
  Collector collector(head, fields);
  collector.header_limit(static_cast<std::uint32_t>(bytes.size() + 1));
  collector.body_limit(boost::none);
  beast::error_code why;
  collector.put(boost::asio::const_buffer(bytes.data(), bytes.size()), why);
  if (why) return refusal(why, bytes);
  if (!collector.is_header_done()) return malformed_head("The request is malformed");
  // On HTTP/1.0 Beast lets keep-alive win over close.
  head.keep_alive = collector.keep_alive() && (head.minor > 0 || !says_close(fields));
  return head;
}

}  // namespace gatehouse::wire::http1
