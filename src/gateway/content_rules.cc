#include "gatehouse/gateway/content_rules.h"

#include <algorithm>
#include <span>

#include "gatehouse/telemetry/audit_content.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::gateway {
namespace {

constexpr std::size_t most_bytes = 64 * 1024;

// Whole characters; left: of all that is kept.
std::string_view beginning_of(std::string_view text, std::size_t& left) {
  std::size_t length = std::min(text.size(), left);
  while (length < text.size() && length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
  left -= length;
  return text.substr(0, length);
}

}  // namespace

std::string content_of(const wire::engine::Prepare& prompt, std::size_t asked) {
  std::string text;
  std::size_t left = most_bytes;
  wire::JsonWriter json(text);
  json.begin_object();
  if (!prompt.chat) {
    json.member("prompt", telemetry::mask_content(beginning_of(prompt.prompt, left)));
  } else {
    json.key("messages").begin_list();
    const std::span<const wire::engine::Message> messages(prompt.messages);
    for (const wire::engine::Message& message : messages.last(std::min(asked, messages.size()))) {
      if (left == 0) break;
      json.begin_object().member("role", message.role);
      json.member("content", telemetry::mask_content(beginning_of(message.content, left))).end_object();
    }
    json.end_list();
  }
  json.end_object();
  return text;
}

std::string content_of(std::string_view text, std::string_view asked) {
  std::string kept;
  std::size_t left = most_bytes;
  wire::JsonWriter json(kept);
  json.begin_object().member("text", telemetry::mask_content(beginning_of(text, left)));
  json.member("schema", telemetry::mask_content(beginning_of(asked, left))).end_object();
  return kept;
}

std::string content_of(std::span<const KeptTexts> parts) {
  std::string kept;
  std::size_t left = most_bytes;
  wire::JsonWriter json(kept);
  json.begin_object();
  for (const KeptTexts& part : parts) {
    json.key(part.name).begin_list();
    for (const std::string_view text : part.texts) {
      if (left == 0) break;
      json.value(telemetry::mask_content(beginning_of(text, left)));
    }
    json.end_list();
  }
  json.end_object();
  return kept;
}

}  // namespace gatehouse::gateway
