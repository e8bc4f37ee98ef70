// wire/signature/structured.h — structured fields, as far as signatures need them: dictionaries of items and inner lists, with parameters.
// Rules    what is malformed anywhere is refused whole; a name that comes again takes the place of the one before it
// Limits   32 members, 64 items an inner list, 16 parameters each
// Threads  pure functions
// Source   RFC 8941; its successor's dates and display strings (RFC 9651) are in nothing that is read here, and are refused
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::wire::structured {

enum class Kind : std::uint8_t { boolean, integer, decimal, string, token, bytes };

struct Value {
  Kind kind = Kind::boolean;
  std::int64_t number = 0;  // of a boolean (0, 1) or an integer
  std::string text;         // of the others: a string without quotes and escapes, bytes as they are, a decimal as it is serialised
};

struct Parameter {
  std::string name;
  Value value;
};
using Parameters = std::vector<Parameter>;

struct Item {
  Value value;
  Parameters parameters;
};

struct Member {
  std::string name;
  bool is_list = false;  // an inner list; else there is one item, and the parameters are its
  std::vector<Item> items;
  Parameters parameters;  // of the inner list
};
using Dictionary = std::vector<Member>;

// Nothing: malformed, or beyond the limits.
std::optional<Dictionary> parse_dictionary(std::string_view text);
// Null: there is none of that name.
const Member* find(const Dictionary& dictionary, std::string_view name);
const Value* find(const Parameters& parameters, std::string_view name);

// The one spelling that RFC 8941 section 4.1 gives it.
void append(std::string& out, const Value& value);
void append(std::string& out, const Item& item);
void append(std::string& out, const Parameters& parameters);
// With its parameters, without its name.
void append_inner_list(std::string& out, const Member& member);

}  // namespace gatehouse::wire::structured
