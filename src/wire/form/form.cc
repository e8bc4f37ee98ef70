#include "gatehouse/wire/form/form.h"

#include <algorithm>

#include "gatehouse/base/hex.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/wire/json/utf8.h"

namespace gatehouse::wire {
namespace {

constexpr std::size_t most_form_bytes = 64 * 1024, most_pairs = 64;

Error malformed(std::string text) { return caller_error("form_malformed", std::move(text)); }

enum class Plus { is_space, is_plus };

std::optional<std::string> unescape(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const std::optional<std::string> byte = from_hex(text.substr(i + 1, 2));
      if (!byte || byte->size() != 1) return std::nullopt;
      c = byte->front();
      i += 2;
    } else if (c == '+' && plus == Plus::is_space) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    out.push_back(c);
  }
  for (std::string_view rest = out; !rest.empty();) {
    const std::size_t sequence = utf8_sequence(rest);
    if (sequence == 0) return std::nullopt;
    rest.remove_prefix(sequence);
  }
  return out;
}

}  // namespace

Form::~Form() {
  for (auto& [name, value] : pairs_) wipe(value);
}

Result<Form> Form::parse(std::string_view text) {
  if (text.size() > most_form_bytes) return caller_error("form_too_large", "A form has at most 64 KiB");
  Form form;
  // At once: what grows leaves copies behind.
  form.pairs_.reserve(std::min<std::size_t>(most_pairs, static_cast<std::size_t>(std::ranges::count(text, '&')) + 1));
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    if (form.pairs_.size() == most_pairs) return caller_error("form_too_large", "A form has at most 64 fields");
    const std::string_view spelled = pair.substr(0, pair.find('='));
    std::optional<std::string> name = unescape(spelled, Plus::is_space);
    std::optional<std::string> value = unescape(pair.substr(std::min(spelled.size() + 1, pair.size())), Plus::is_space);
    if (!name || !value) return malformed("A name or value is not percent-encoded UTF-8");
    if (form.find(*name)) return malformed("The field '" + name->substr(0, 64) + "' stands there twice").with_param(name->substr(0, 64));
    form.pairs_.emplace_back(std::move(*name), std::move(*value));
    wipe(*value);
  }
  return form;
}

std::optional<std::string_view> Form::find(std::string_view name) const {
  const auto found = std::ranges::find(pairs_, name, &std::pair<std::string, std::string>::first);
  if (found == pairs_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> unescape_segment(std::string_view text) { return unescape(text, Plus::is_plus); }

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.append(to_hex(std::string_view(&c, 1)));
    }
  }
}

}  // namespace gatehouse::wire
