#include "access_line.h"

#include <charconv>

#include "json_string.h"
#include "timestamp.h"

namespace gatehouse::telemetry {
namespace {

constexpr std::size_t max_path = 512, max_text = 256;

// The first bytes of a text, whole characters only.
std::string_view cap(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  std::size_t end = max;
  while (end + 3 > max && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

void append_number(std::string& out, std::uint64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_text(std::string& out, std::string_view key, std::string_view value, std::size_t max = max_text) {
  out += key;
  if (value.empty()) {
    out += "null";
    return;
  }
  append_json_string(out, cap(value, max));
}

// Six decimals, without printf.
void append_seconds(std::string& out, double value) {
  const auto micros = value > 0 && value < 1e9 ? static_cast<std::uint64_t>(value * 1e6 + 0.5) : 0;
  append_number(out, micros / 1'000'000);
  char fraction[] = {'.', '0', '0', '0', '0', '0', '0'};
  std::uint64_t rest = micros % 1'000'000;
  for (std::size_t i = 6; i > 0; --i, rest /= 10) fraction[i] = static_cast<char>('0' + rest % 10);
  out.append(fraction, sizeof fraction);
}

// Printable ASCII without quotes and backslashes, so that no reader of this old format can be led astray.
void append_escaped(std::string& out, std::string_view text, std::size_t max = max_text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  for (const char c : cap(text, max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\') {
      out += c;
    } else {
      out += "\\x";
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  text.empty() ? static_cast<void>(out += '-') : append_escaped(out, text);
  out += '"';
}

// A field that no quotes hold together.
void append_word(std::string& out, std::string_view text) {
  const bool is_word = !text.empty() && text.find_first_of(" \t[]\"") == std::string_view::npos;
  is_word ? append_escaped(out, text) : static_cast<void>(out += '-');
}

// "-" where there was no request line that could be read.
void append_request(std::string& out, const AccessRecord& r) {
  if (r.method.empty()) return append_quoted(out, {});
  out += '"';
  append_escaped(out, r.method);
  out += ' ';
  append_escaped(out, r.path, max_path);
  out += r.http_minor == 0 ? " HTTP/1.0\"" : " HTTP/1.1\"";
}

}  // namespace

void append_json_access_line(std::string& out, const AccessRecord& r) {
  out += R"({"time":")";
  append_time(out, r.time);
  append_text(out, R"(","request_id":)", r.request_id);
  append_text(out, R"(,"method":)", r.method);
  append_text(out, R"(,"path":)", r.path, max_path);
  append_text(out, R"(,"client_ip":)", r.client_ip);
  out += R"(,"status_code":)";
  append_number(out, r.status > 0 ? static_cast<std::uint64_t>(r.status) : 0);
  out += R"(,"process_time":)";
  append_seconds(out, r.process_time);
  out += R"(,"bytes":)";
  append_number(out, r.bytes);
  append_text(out, R"(,"user_agent":)", r.user_agent);
  append_text(out, R"(,"referer":)", r.referer);
  append_text(out, R"(,"tenant_id":)", r.tenant_id);
  append_text(out, R"(,"key_id":)", r.key_id);
  append_text(out, R"(,"error":)", r.error);
  if (!r.rule.empty()) append_text(out, R"(,"rule":)", r.rule);
  if (!r.model.empty()) {
    append_text(out, R"(,"model":)", r.model);
    out += R"(,"prompt_tokens":)";
    append_number(out, r.prompt_tokens);
    out += R"(,"completion_tokens":)";
    append_number(out, r.completion_tokens);
    append_text(out, R"(,"finish":)", r.finish);
  }
  out += "}\n";
}

void append_combined_access_line(std::string& out, const AccessRecord& r) {
  append_word(out, r.client_ip);
  out += " - ";
  append_word(out, r.tenant_id);
  out += " [";
  append_common_time(out, r.time);
  out += "] ";
  append_request(out, r);
  out += ' ';
  append_number(out, r.status > 0 ? static_cast<std::uint64_t>(r.status) : 0);
  out += ' ';
  append_number(out, r.bytes);
  out += ' ';
  append_quoted(out, r.referer);
  out += ' ';
  append_quoted(out, r.user_agent);
  out += '\n';
}

}  // namespace gatehouse::telemetry
