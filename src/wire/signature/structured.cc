#include "signature/structured.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "gatehouse/base/base64url.h"

namespace gatehouse::wire::structured {
namespace {

constexpr std::size_t most_members = 32, most_items = 64, most_parameters = 16;
constexpr std::size_t longest_integer = 15, longest_whole = 12, longest_fraction = 3;  // digits

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_number(char c) { return c >= '0' && c <= '9'; }
bool is_key(char c) { return is_lower(c) || is_number(c) || c == '_' || c == '-' || c == '.' || c == '*'; }
bool is_token(char c) { return is_letter(c) || is_number(c) || std::string_view("!#$%&'*+-.^_`|~:/").find(c) != std::string_view::npos; }

// What is left of a field's value while it is read.
class Rest {
 public:
  explicit Rest(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool at(char c) const { return !text_.empty() && text_.front() == c; }
  bool take(char c) {
    if (!at(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  template <class Class>
  std::string_view take_while(Class belongs) {
    const auto end = std::ranges::find_if_not(text_, belongs);
    const std::string_view taken = text_.substr(0, static_cast<std::size_t>(end - text_.begin()));
    text_.remove_prefix(taken.size());
    return taken;
  }
  void skip_blanks() {
    take_while([](char c) { return c == ' '; });
  }
  void skip_white() {
    take_while([](char c) { return c == ' ' || c == '\t'; });
  }
  // Up to that character, which is taken, too; nothing: it does not come.
  std::optional<std::string_view> take_to(char c) {
    const std::size_t end = text_.find(c);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view taken = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return taken;
  }
  char next() const { return text_.empty() ? '\0' : text_.front(); }
  char take_any() {
    const char c = next();
    text_.remove_prefix(std::min<std::size_t>(1, text_.size()));
    return c;
  }

 private:
  std::string_view text_;
};

std::optional<std::string> read_key(Rest& rest) {
  if (!is_lower(rest.next()) && !rest.at('*')) return std::nullopt;
  return std::string(rest.take_while(is_key));
}

std::optional<Value> read_number(Rest& rest) {
  const bool negative = rest.take('-');
  const std::string_view whole = rest.take_while(is_number);
  if (whole.empty() || whole.size() > longest_integer) return std::nullopt;
  Value value;
  value.kind = Kind::integer;
  std::from_chars(whole.data(), whole.data() + whole.size(), value.number);
  if (negative) value.number = -value.number;
  if (!rest.take('.')) return value;
  std::string_view fraction = rest.take_while(is_number);
  if (whole.size() > longest_whole || fraction.empty() || fraction.size() > longest_fraction) return std::nullopt;
  while (fraction.size() > 1 && fraction.back() == '0') fraction.remove_suffix(1);
  value.kind = Kind::decimal;
  const std::string sign = negative && value.number == 0 ? "-" : "";
  value.text = sign + std::to_string(value.number) + "." + std::string(fraction);
  return value;
}

std::optional<Value> read_string(Rest& rest) {
  Value value;
  value.kind = Kind::string;
  while (!rest.done()) {
    char c = rest.take_any();
    if (c == '"') return value;
    if (c == '\\') {
      c = rest.take_any();
      if (c != '"' && c != '\\') return std::nullopt;
    }
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) return std::nullopt;
    value.text.push_back(c);
  }
  return std::nullopt;
}

// Padding may be missing (RFC 8941 section 4.2.7); what is there must be right.
std::optional<Value> read_bytes(Rest& rest) {
  const std::optional<std::string_view> between = rest.take_to(':');
  if (!between) return std::nullopt;
  std::string_view spelled = *between;
  const bool padded = spelled.ends_with('=');
  if (padded && spelled.size() % 4 != 0) return std::nullopt;
  for (int n = 0; n < 2 && spelled.ends_with('='); ++n) spelled.remove_suffix(1);
  std::string url_safe(spelled);
  if (url_safe.find_first_of("-_") != std::string::npos) return std::nullopt;
  std::ranges::replace(url_safe, '+', '-');
  std::ranges::replace(url_safe, '/', '_');
  std::optional<std::string> bytes = from_base64url(url_safe);
  if (!bytes) return std::nullopt;
  Value value;
  value.kind = Kind::bytes;
  value.text = std::move(*bytes);
  return value;
}

std::optional<Value> read_boolean(Rest& rest) {
  Value value;
  value.number = rest.at('1') ? 1 : 0;
  return rest.take('0') || rest.take('1') ? std::optional(value) : std::nullopt;
}

std::optional<Value> read_value(Rest& rest) {
  if (rest.take('"')) return read_string(rest);
  if (rest.take(':')) return read_bytes(rest);
  if (rest.take('?')) return read_boolean(rest);
  if (rest.at('-') || is_number(rest.next())) return read_number(rest);
  if (!rest.at('*') && !is_letter(rest.next())) return std::nullopt;
  Value value;
  value.kind = Kind::token;
  value.text = rest.take_while(is_token);
  return value;
}

// One that comes again stands where the one before it stood.
template <class Named>
void put_named(std::vector<Named>& all, Named one) {
  const auto known = std::ranges::find(all, one.name, &Named::name);
  if (known != all.end()) {
    *known = std::move(one);
  } else {
    all.push_back(std::move(one));
  }
}

bool read_parameters(Rest& rest, Parameters& into) {
  while (rest.take(';')) {
    rest.skip_blanks();
    std::optional<std::string> name = read_key(rest);
    if (!name) return false;
    Parameter parameter;
    parameter.name = std::move(*name);
    parameter.value.number = 1;  // true
    if (rest.take('=')) {
      std::optional<Value> value = read_value(rest);
      if (!value) return false;
      parameter.value = std::move(*value);
    }
    put_named(into, std::move(parameter));
    if (into.size() > most_parameters) return false;
  }
  return true;
}

bool read_item(Rest& rest, std::vector<Item>& into) {
  std::optional<Value> value = read_value(rest);
  if (!value) return false;
  Item item;
  item.value = std::move(*value);
  if (!read_parameters(rest, item.parameters)) return false;
  into.push_back(std::move(item));
  return into.size() <= most_items;
}

// Behind its bracket.
bool read_inner_list(Rest& rest, Member& into) {
  into.is_list = true;
  for (;;) {
    rest.skip_blanks();
    if (rest.take(')')) return read_parameters(rest, into.parameters);
    if (!read_item(rest, into.items)) return false;
    if (!rest.at(' ') && !rest.at(')')) return false;
  }
}

bool read_member(Rest& rest, Member& into) {
  std::optional<std::string> name = read_key(rest);
  if (!name) return false;
  into.name = std::move(*name);
  if (rest.take('=')) return rest.take('(') ? read_inner_list(rest, into) : read_item(rest, into.items);
  Item truth;
  truth.value.number = 1;
  if (!read_parameters(rest, truth.parameters)) return false;
  into.items.push_back(std::move(truth));
  return true;
}

void append_base64(std::string& out, std::string_view bytes) {
  std::string text = to_base64url(bytes);
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  out.append(text);
}

}  // namespace

std::optional<Dictionary> parse_dictionary(std::string_view text) {
  Rest rest(text);
  rest.skip_blanks();
  Dictionary dictionary;
  while (!rest.done()) {
    Member member;
    if (!read_member(rest, member)) return std::nullopt;
    put_named(dictionary, std::move(member));
    if (dictionary.size() > most_members) return std::nullopt;
    rest.skip_white();
    if (rest.done()) return dictionary;
    if (!rest.take(',')) return std::nullopt;
    rest.skip_white();
    if (rest.done()) return std::nullopt;  // a comma, and nothing behind it
  }
  return dictionary;
}

const Member* find(const Dictionary& dictionary, std::string_view name) {
  const auto found = std::ranges::find(dictionary, name, &Member::name);
  return found == dictionary.end() ? nullptr : &*found;
}

const Value* find(const Parameters& parameters, std::string_view name) {
  const auto found = std::ranges::find(parameters, name, &Parameter::name);
  return found == parameters.end() ? nullptr : &found->value;
}

void append(std::string& out, const Value& value) {
  switch (value.kind) {
    case Kind::boolean:
      out.append(value.number != 0 ? "?1" : "?0");
      return;
    case Kind::integer:
      out.append(std::to_string(value.number));
      return;
    case Kind::string:
      out.push_back('"');
      for (const char c : value.text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
      }
      out.push_back('"');
      return;
    case Kind::bytes:
      out.push_back(':');
      append_base64(out, value.text);
      out.push_back(':');
      return;
    case Kind::decimal:
    case Kind::token:
      out.append(value.text);
      return;
  }
}

void append(std::string& out, const Parameters& parameters) {
  for (const Parameter& parameter : parameters) {
    out.append(";").append(parameter.name);
    if (parameter.value.kind == Kind::boolean && parameter.value.number != 0) continue;
    out.push_back('=');
    append(out, parameter.value);
  }
}

void append(std::string& out, const Item& item) {
  append(out, item.value);
  append(out, item.parameters);
}

void append_inner_list(std::string& out, const Member& member) {
  out.push_back('(');
  for (const Item& item : member.items) {
    if (&item != &member.items.front()) out.push_back(' ');
    append(out, item);
  }
  out.push_back(')');
  append(out, member.parameters);
}

}  // namespace gatehouse::wire::structured
