// Bytes that claim to be a request to /v1/messages: they are read or refused with faults that say where; what answers them is made of
// whole events, whatever text is in it.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gatehouse/wire/anthropic/messages.h"
#include "gatehouse/wire/anthropic/replies.h"
#include "gatehouse/wire/json/document.h"

namespace {

namespace gw = gatehouse::wire;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_json(std::string_view text) {
  gw::JsonParser parser;
  require(parser.parse(text).ok());
}

template <class T>
void check_refusal(const gatehouse::Result<T>& request) {
  if (request) return;
  const gatehouse::Error& error = request.error();
  require(error.code() == gatehouse::Code::invalid_argument && !error.faults().empty() && error.faults().size() <= 64);
  std::string body;
  gw::write_anthropic_error(body, "invalid_request_error", error.public_text(), "r");
  require(body.size() < 64 * 1024);
  require_json(body);
}

void check_readers(const gw::JsonValue& root) {
  const auto request = gw::read_messages_request(root);
  check_refusal(request);
  if (request) {
    require(!request->messages.empty() && request->max_tokens >= 1 && request->temperature >= 0 && request->temperature <= 1);
    require(request->stop_sequences.size() <= gw::MessagesRequest::most_stops);
  }
  const auto counted = gw::read_count_tokens_request(root);
  check_refusal(counted);
  require(!request || !counted);  // only one of them has a limit
}

// Every line of a stream is a name or data that is JSON.
void check_events(std::string_view text) {
  gw::AnswerHead head;
  head.id = text, head.model = text;
  gw::MessageEvents events;
  std::string out;
  events.start(out, head, {});
  events.text(out, text);
  events.call(out, text, text);
  events.arguments(out, text);
  events.call_end(out);
  events.stop(out, {"stop_sequence", text}, {});
  for (std::string_view rest = out; !rest.empty();) {
    const std::size_t name_end = rest.find('\n'), data_end = rest.find("\n\n");
    require(rest.starts_with("event: ") && name_end < data_end && data_end != std::string_view::npos);
    const std::string_view data = rest.substr(name_end + 1, data_end - name_end - 1);
    require(data.starts_with("data: ") && data.find('\n') == std::string_view::npos);
    require_json(data.substr(6));
    rest.remove_prefix(data_end + 2);
  }
  std::string whole;
  const std::array blocks{gw::MessageBlock{text}, gw::MessageBlock{{}, {text, "f", text}}};
  gw::write_message(whole, head, blocks, {"end_turn"}, {});
  require_json(whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  static gw::JsonParser parser;
  const auto root = parser.parse(text);
  if (root) check_readers(*root);
  if (size <= 4096) check_events(text);
  return 0;
}
