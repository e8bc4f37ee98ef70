#include "negotiation.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "gatehouse/base/words.h"

namespace gatehouse::gateway {
namespace {

// In thousandths: "1", "0.8", "0.125", "1.000".
std::optional<int> read_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * 1000, place = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += (c - '0') * place;
    place /= 10;
  }
  return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

struct Wish {
  std::string_view what;
  int weight = 1000;
};

std::optional<Wish> read_wish(std::string_view element) {
  Wish wish;
  wish.what = trimmed(take_until(element, ';'));
  if (wish.what.empty()) return std::nullopt;
  while (!element.empty()) {
    std::string_view parameter = trimmed(take_until(element, ';'));
    const std::string_view name = trimmed(take_until(parameter, '='));
    if (!same_word(name, "q")) continue;
    const std::optional<int> weight = read_weight(trimmed(parameter));
    if (!weight) return std::nullopt;
    wish.weight = *weight;
  }
  return wish;
}

template <class F>
void each_wish(const wire::RequestHead& head, std::string_view name, F f) {
  for (const wire::FieldView& field : head.fields) {
    if (!same_word(field.name, name)) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      if (const std::optional<Wish> wish = read_wish(take_until(rest, ','))) f(*wish);
    }
  }
}

// A language and all its regions and scripts.
bool is_of(std::string_view range, std::string_view language) {
  return same_word(range.substr(0, language.size()), language) && (range.size() == language.size() || range[language.size()] == '-');
}

// The most that was wished, and how early.
struct Liking {
  int weight = 0, place = 0;
  void hear(int w, int at) {
    if (w > weight) weight = w, place = at;
  }
};

}  // namespace

bool wants_gzip(const wire::RequestHead& head) {
  std::optional<int> gzip, identity, rest;
  each_wish(head, "Accept-Encoding", [&](const Wish& wish) {
    if (same_word(wish.what, "gzip") || same_word(wish.what, "x-gzip")) gzip = wish.weight;
    if (same_word(wish.what, "identity")) identity = wish.weight;
    if (wish.what == "*") rest = wish.weight;
  });
  const int weight = gzip ? *gzip : rest.value_or(0);
  return weight > 0 && weight >= identity.value_or(0);
}

Language language_for(const wire::RequestHead& head) {
  Liking chinese, english;
  int place = 0;
  each_wish(head, "Accept-Language", [&](const Wish& wish) {
    ++place;
    if (is_of(wish.what, "zh")) chinese.hear(wish.weight, place);
    if (is_of(wish.what, "en")) english.hear(wish.weight, place);
  });
  if (chinese.weight == 0 || chinese.weight < english.weight) return Language::english;
  const bool first = chinese.weight > english.weight || chinese.place < english.place;
  return first ? Language::chinese : Language::english;
}

bool wants_page(const wire::RequestHead& head) {
  int page = 0, json = 0;
  each_wish(head, "Accept", [&](const Wish& wish) {
    if (same_word(wish.what, "text/html")) page = wish.weight;
    if (same_word(wish.what, "application/json")) json = wish.weight;
  });
  return page > 0 && page >= json;
}

bool has_already(const wire::RequestHead& head, std::string_view etag) {
  bool found = false;
  for (const wire::FieldView& field : head.fields) {
    if (!same_word(field.name, "If-None-Match")) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      std::string_view tag = trimmed(take_until(rest, ','));
      if (tag.starts_with("W/")) tag.remove_prefix(2);
      found |= tag == etag || tag == "*";
    }
  }
  return found;
}

}  // namespace gatehouse::gateway
