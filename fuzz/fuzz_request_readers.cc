// Bytes that claim to be a request: whatever they are, the readers answer with a message or with faults that say where, and what is
// JSON to one part of the house is JSON to the other.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../src/wire/json/locate.h"  // private: held together with simdjson here
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/llm/generate.h"
#include "gatehouse/wire/llm/replies.h"
#include "gatehouse/wire/openai/chat.h"
#include "gatehouse/wire/openai/completion.h"
#include "gatehouse/wire/openai/replies.h"

namespace {

namespace gw = gatehouse::wire;
using gatehouse::Error;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_json(std::string_view text) {
  gw::JsonParser parser;
  require(parser.parse(text).ok());
}

// The scanner that says where a document went wrong agrees with the parser that says that it did.
void check_scanner(std::string_view text, const gatehouse::Result<gw::JsonValue>& root) {
  const bool well_formed = root.ok() || root.error().reason() == "json_duplicate_key" || root.error().reason() == "json_too_large";
  const gw::LocatedFault located = gw::locate_fault(text, gw::JsonLimits().depth);
  require(well_formed == (located.fault == gw::JsonFault::none));
}

// What goes to the caller is JSON whatever the caller sent, and not much longer.
void check_error(const Error& error) {
  require(error.code() == gatehouse::Code::invalid_argument && !error.faults().empty() && !error.public_text().empty());
  require(error.faults().size() <= 64 && error.public_text().size() < 64 * 1024);
  std::string body;
  gw::ApiError api;
  api.message = error.public_text(), api.type = error.reason(), api.param = error.param(), api.details = error.faults();
  gw::write_api_error(body, api);
  require_json(body);
}

template <class T>
void check(const gatehouse::Result<T>& request) {
  if (!request) check_error(request.error());
}

void check_able(const gw::CompletionRequest& request) {
  const gatehouse::Status able = gw::check_abilities(request);
  require(able.ok() || (able.error().code() == gatehouse::Code::not_supported && !able.error().param().empty()));
}

void check_readers(const gw::JsonValue& root) {
  const auto chat = gw::read_chat_request(root);
  check(chat);
  if (chat) require(!chat->messages.empty() && chat->temperature >= 0 && chat->temperature <= 2 && chat->stop.strings.size() <= 4);
  const auto completion = gw::read_completion_request(root);
  check(completion);
  if (completion) check_able(*completion);
  const auto generate = gw::read_generate_request(root);
  check(generate);
  if (generate) require(!generate->prompt.empty() && (generate->temperature >= 1 || generate->top_p >= 1));
}

void check_chunks(std::string_view text) {
  gw::AnswerHead head;
  head.id = text, head.model = text;
  const gw::ChatChunks chunks(head, gw::StreamUsage::include);
  std::string out;
  chunks.text(out, text);
  if (out.empty()) return;
  require(out.starts_with("data: ") && out.ends_with("\n\n") && out.find('\n') == out.size() - 2);
  require_json(std::string_view(out).substr(6));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  static gw::JsonParser parser;
  const auto root = parser.parse(text);
  const gw::JsonCheck line = gw::json_check(text);
  require(line.ok == root.ok());
  require_json(line.line);
  require(root.ok() || parser.fault_offset() <= size);
  check_scanner(text, root);
  if (root) check_readers(*root);
  if (size <= 4096) check_chunks(text);
  return 0;
}
