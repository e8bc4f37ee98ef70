#include "head_fields.h"

#include <algorithm>
#include <charconv>

#include "gatehouse/base/words.h"

namespace gatehouse::gateway {
namespace {

constexpr std::size_t longest_request_id = 128, longest_key = 255;

bool plain_word(std::string_view id) {
  return !id.empty() && id.size() <= longest_request_id && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

std::optional<std::string_view> given_request_id(const wire::RequestHead& head) {
  const std::optional<std::string_view> given = head.field("x-request-id");
  return given && plain_word(*given) ? given : std::nullopt;
}

bool brings_form(const wire::RequestHead& head) {
  const std::string_view type = head.field("content-type").value_or("");
  return same_word(trimmed(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded");
}

Result<std::optional<std::uint32_t>> expected_version(const wire::RequestHead& head) {
  const std::optional<std::string_view> wanted = head.field("if-match");
  if (!wanted) return std::optional<std::uint32_t>();
  std::string_view digits = *wanted;
  if (digits.size() > 2 && digits.front() == '"' && digits.back() == '"') digits = digits.substr(1, digits.size() - 2);
  std::uint32_t version = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) {
    return caller_error("if_match_invalid", "If-Match holds the version of what is to be changed, such as \"3\"");
  }
  return std::optional(version);
}

CacheWish cache_wish(const wire::RequestHead& head) {
  CacheWish wish = CacheWish::usual;
  for (const wire::FieldView& field : head.fields) {
    if (!same_word(field.name, "cache-control")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::string_view directive = trimmed(take_until(rest, ','));
      if (same_word(directive, "no-store")) return CacheWish::none;
      if (same_word(directive, "no-cache") || same_word(directive, "max-age=0")) wish = CacheWish::anew;
    }
  }
  return wish;
}

Result<std::optional<std::string_view>> idempotency_key(const wire::RequestHead& head) {
  const std::optional<std::string_view> given = head.field("idempotency-key");
  if (!given) return given;
  const bool printable = std::ranges::all_of(*given, [](char c) { return c >= 0x20 && c <= 0x7e; });
  if (printable && !given->empty() && given->size() <= longest_key && head.count("idempotency-key") == 1) return given;
  return caller_error("idempotency_key_invalid", "Idempotency-Key must come once, and be 1 to 255 printable ASCII characters")
      .with_param("Idempotency-Key");
}

}  // namespace gatehouse::gateway
